import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Deployment } from '../deployment.ts';
import type { Identity } from '../identity-stack.ts';

/** What the parts of one Region share. */
export interface RegionalParts {
  readonly deployment: Deployment;
  readonly identity: Identity;
  readonly logs: Bucket;
  /** Folder with the Lambda functions' bundles. */
  readonly bundles: string;
}
