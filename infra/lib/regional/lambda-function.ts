import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { Role } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Code,
  Function,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { join } from 'node:path';
import type { FunctionName } from '../../../libs/platform/src/resources/event-sources.ts';
import type { Deployment } from '../deployment.ts';
import { prefix } from '../names.ts';
import { allow, createRole } from './grants.ts';

export interface LambdaOptions {
  readonly name: FunctionName;
  readonly deployment: Deployment;
  /** Folder with one bundle a function, as `npm run bundle:lambdas` makes them. */
  readonly bundles: string;
  readonly timeoutSeconds: number;
  readonly memoryMib: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly reservedConcurrency?: number | undefined;
  /** Without Lambda's own lines for each call. */
  readonly isQuiet?: boolean;
}

/** A function with a role and a log group of its own; stacks add the permissions that it needs. */
export class LambdaFunction extends Construct {
  readonly function: Function;
  readonly logGroup: LogGroup;
  readonly role: Role;

  constructor(scope: Construct, options: LambdaOptions) {
    super(scope, options.name);
    const { name, deployment, reservedConcurrency, isQuiet = false } = options;
    this.logGroup = new LogGroup(this, 'logs', {
      logGroupName: `/sensorflow/${deployment.name}/${name}`,
      retention: deployment.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = createRole(this, 'role', 'lambda.amazonaws.com');
    allow(this.role, this.logGroup.logGroupArn, ['logs:CreateLogStream', 'logs:PutLogEvents']);
    this.function = new Function(this, 'function', {
      functionName: `${prefix(deployment.name)}-${name}`,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: Code.fromAsset(join(options.bundles, name)),
      handler: 'index.handler',
      timeout: Duration.seconds(options.timeoutSeconds),
      memorySize: options.memoryMib,
      environment: { NODE_OPTIONS: '--enable-source-maps', ...options.environment },
      role: this.role,
      logGroup: this.logGroup,
      ...(isQuiet && {
        loggingFormat: LoggingFormat.JSON,
        systemLogLevelV2: SystemLogLevel.WARN,
      }),
      ...(reservedConcurrency && { reservedConcurrentExecutions: reservedConcurrency }),
    });
  }
}
