import { PolicyStatement, Role, ServicePrincipal, type IRole } from 'aws-cdk-lib/aws-iam';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Stack } from 'aws-cdk-lib';
import { Dependable, type Construct } from 'constructs';
import type { Deployment } from '../deployment.ts';
import type { Identity } from '../identity-stack.ts';
import { tableName, tableOf } from '../names.ts';
import { TABLE_ACTIONS, type Process } from '../permissions.ts';

/**
 * A role, on which others depend through its permissions alone: they name the role itself, and CloudFormation
 * takes that for a dependency already.
 */
export function createRole(scope: Construct, id: string, service: string): Role {
  const role = new Role(scope, id, { assumedBy: new ServicePrincipal(service) });
  Dependable.implement(role, {
    get dependencyRoots() {
      return role.node.children.filter((child) => child !== role.node.defaultChild);
    },
  });
  return role;
}

/** Permissions by exact action and resource, where the L2 constructs' grants say more than is needed. */
export function allow(
  role: IRole,
  resource: string | readonly string[],
  actions: readonly string[],
) {
  const resources = typeof resource === 'string' ? [resource] : [...resource];
  role.addToPrincipalPolicy(new PolicyStatement({ actions: [...actions], resources }));
}

/** What permissions.ts says of this process, on the tables and indexes of the stack's own Region. */
export function allowTables(
  stack: Stack,
  role: Role,
  process: Process,
  deployment: Deployment,
): void {
  for (const [nameVariable, actions] of Object.entries(TABLE_ACTIONS[process])) {
    const table = tableOf(nameVariable);
    const arn = tableArn(stack, tableName(deployment.name, table));
    const indexes = actions.includes('Query')
      ? table.indexes.map((index) => `${arn}/index/${index.name}`)
      : [];
    allow(
      role,
      [arn, ...indexes],
      actions.map((action) => `dynamodb:${action}`),
    );
  }
}

/**
 * By prefix of the keys. Listing is allowed too: without it S3 says of an object that is missing that
 * access was denied.
 */
export function allowBucket(
  role: Role,
  bucket: Bucket,
  actionsByPrefix: Readonly<Record<string, readonly string[]>>,
): void {
  allow(role, bucket.bucketArn, ['s3:ListBucket']);
  for (const [keyPrefix, actions] of Object.entries(actionsByPrefix)) {
    allow(
      role,
      bucket.arnForObjects(`${keyPrefix}*`),
      actions.map((action) => `s3:${action}`),
    );
  }
}

export function tableArn(stack: Stack, name: string): string {
  return stack.formatArn({ service: 'dynamodb', resource: 'table', resourceName: name });
}

/** The pool is where the primary Region is. */
export function userPoolArn(stack: Stack, { region, userPoolId }: Identity): string {
  return stack.formatArn({
    service: 'cognito-idp',
    region,
    resource: 'userpool',
    resourceName: userPoolId,
  });
}
