import { RemovalPolicy } from 'aws-cdk-lib';
import type { Deployment } from './deployment.ts';

/**
 * Data that is kept outlives its stack, but not a creation that is rolled back: names are fixed, and the next
 * deployment needs them.
 */
export function removalPolicyOf({ keepsData }: Deployment): RemovalPolicy {
  return keepsData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
}
