import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { AwsCustomResource, PhysicalResourceId } from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import { allow, createRole, tableArn } from './grants.ts';

const STREAM_ARN = 'Table.LatestStreamArn';

/**
 * The stream of a replica. CloudFormation tells its ARN in the table's own Region alone, so that a further
 * Region has to ask DynamoDB while it is deployed.
 */
export class ReplicaStream extends Construct {
  readonly arn: string;

  constructor(scope: Construct, tableName: string) {
    super(scope, `stream-of-${tableName}`);
    const logGroup = new LogGroup(this, 'logs', {
      retention: RetentionDays.ONE_WEEK,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = createRole(this, 'role', 'lambda.amazonaws.com');
    allow(role, logGroup.logGroupArn, ['logs:CreateLogStream', 'logs:PutLogEvents']);
    allow(role, tableArn(Stack.of(this), tableName), ['dynamodb:DescribeTable']);
    const lookup = new AwsCustomResource(this, 'lookup', {
      onUpdate: {
        service: 'DynamoDB',
        action: 'DescribeTable',
        parameters: { TableName: tableName },
        physicalResourceId: PhysicalResourceId.of(tableName),
        outputPaths: [STREAM_ARN],
      },
      role,
      logGroup,
      installLatestAwsSdk: false,
    });
    lookup.node.addDependency(role);
    this.arn = lookup.getResponseField(STREAM_ARN);
  }
}
