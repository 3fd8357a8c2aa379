import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HTTP_TIMING } from '../../libs/platform/src/resources/http-timing.ts';
import {
  at,
  ENVIRONMENTS,
  DEV,
  listOf,
  PROD,
  regional,
  stackOf,
  synthesize,
  templatesOf,
  textOf,
  type Resource,
  type StackTemplate,
} from './support/templates.ts';

/** Numbers that keep promises of the code: each stands in a template, and nothing else would notice. */

const DOCKERFILE = readFileSync(join(import.meta.dirname, '../../Dockerfile'), 'utf8');
const SCALED_BY =
  'TargetTrackingScalingPolicyConfiguration.PredefinedMetricSpecification.PredefinedMetricType';
const EVERY_REGION = ENVIRONMENTS.flatMap((deployment) =>
  deployment.regions.map(
    (region) => [`${deployment.name} ${region}`, regional(deployment, region)] as const,
  ),
);

describe.each(EVERY_REGION)('the readings stream in %s', (_name, stack) => {
  const mapping = streamMapping(stack);

  it('reports the records that failed and splits a batch that fails whole', () => {
    expect(mapping['FunctionResponseTypes']).toEqual(['ReportBatchItemFailures']);
    expect(mapping['BisectBatchOnFunctionError']).toBe(true);
  });

  it('neither blocks a shard for ever nor gives a record up before half a day', () => {
    expect(mapping['MaximumRetryAttempts']).toBe(50);
    expect(mapping['MaximumRecordAgeInSeconds']).toBe(43_200);
  });

  it('begins with the first record there is', () => {
    expect(mapping['StartingPosition']).toBe('TRIM_HORIZON');
  });

  it('takes as many records at a time as there can be and gives the function a minute for them', () => {
    expect(mapping['BatchSize']).toBe(10_000);
    expect(aggregatorFunction(stack).properties['Timeout']).toBeGreaterThanOrEqual(60);
  });

  it('keeps what is given up whole, in a bucket', () => {
    const bucket = stack.only('AWS::S3::Bucket', 'aggregatordiscarded');

    expect(at(mapping, 'DestinationConfig.OnFailure.Destination')).toEqual({
      'Fn::GetAtt': [bucket.id, 'Arn'],
    });
    expect(
      listOf(at(bucket.properties, 'NotificationConfiguration.QueueConfigurations')),
    ).toHaveLength(1);
  });
});

describe.each(EVERY_REGION)('the queues in %s', (_name, stack) => {
  const queues = stack.ofType('AWS::SQS::Queue').map(({ properties }) => properties);

  it('hide a message for six times as long as its function may take, as AWS advises', () => {
    const queue = stack.only('AWS::SQS::Queue', 'importerqueue').properties;
    const importer = stack.only('AWS::Lambda::Function', 'importer').properties;

    expect(queue['VisibilityTimeout']).toBeGreaterThanOrEqual(6 * Number(importer['Timeout']));
  });

  it('keep messages for a fortnight', () => {
    expect(queues).toHaveLength(3);
    for (const queue of queues) expect(queue['MessageRetentionPeriod']).toBe(14 * 24 * 3600);
  });
});

describe('the logs', () => {
  it.each(ENVIRONMENTS.map((deployment) => [deployment.name, deployment] as const))(
    'of %s are kept as long as it says',
    (_name, deployment) => {
      const ours = regional(deployment)
        .ofType('AWS::Logs::LogGroup')
        .map(({ properties }) => properties['RetentionInDays']);

      expect(ours).toEqual(Array.from({ length: 4 }, () => deployment.logRetentionDays));
    },
  );
});

describe('the functions', () => {
  it('share the concurrency of the account, of which a young one has little', () => {
    const functions = ENVIRONMENTS.flatMap((deployment) =>
      [...templatesOf(deployment).stacks.values()].flatMap((stack) =>
        stack.ofType('AWS::Lambda::Function'),
      ),
    );

    for (const { properties } of functions) {
      expect(properties['ReservedConcurrentExecutions']).toBeUndefined();
    }
  });

  it('have concurrency of their own where it counts, once an environment says that there is enough', () => {
    const { stacks } = synthesize({ ...DEV, accountConcurrency: 1000, reservedConcurrency: 100 });
    const reserved = stacks
      .get(DEV.regions[0])
      ?.ofType('AWS::Lambda::Function')
      .map(({ id, properties }) => [
        id.startsWith('aggregator'),
        properties['ReservedConcurrentExecutions'],
      ]);

    expect(reserved?.toSorted()).toEqual([
      [false, undefined],
      [false, undefined],
      [true, 100],
    ]);
  });

  it.each(EVERY_REGION)(
    'run on ARM and the Node that the code is written for in %s',
    (_name, stack) => {
      const ours = stack
        .ofType('AWS::Lambda::Function')
        .filter(({ properties }) => properties['FunctionName'] !== undefined);

      expect(ours).toHaveLength(3);
      for (const { properties } of ours) {
        expect(properties).toMatchObject({
          Runtime: 'nodejs24.x',
          Architectures: ['arm64'],
          // Of the bundle's index.mjs.
          Handler: 'index.handler',
        });
      }
    },
  );

  it('wait for wider windows in prod, as its environment says', () => {
    const windows = (deployment: typeof DEV) =>
      ['readingsstream', 'aggregatesstream'].map(
        (name) => streamMapping(regional(deployment), name)['MaximumBatchingWindowInSeconds'],
      );

    expect(windows(PROD)).toEqual([5, 10]);
    expect(windows(DEV)).toEqual([1, 1]);
  });
});

describe.each(EVERY_REGION)('a connection and a drain in %s', (_name, stack) => {
  const idleSeconds = Number(
    attribute(
      stack.only('AWS::ElasticLoadBalancingV2::LoadBalancer'),
      'idle_timeout.timeout_seconds',
    ),
  );
  const deregistrationSeconds = Number(
    attribute(
      stack.only('AWS::ElasticLoadBalancingV2::TargetGroup'),
      'deregistration_delay.timeout_seconds',
    ),
  );
  const container = at(stack.only('AWS::ECS::TaskDefinition').properties, 'ContainerDefinitions.0');
  const stopSeconds = Number(at(container, 'StopTimeout'));

  it('outlives a minute between two readings, and ends at the load balancer before it ends at the server', () => {
    expect(idleSeconds).toBe(70);
    expect(HTTP_TIMING.keepAliveMs / 1000).toBeGreaterThan(idleSeconds);
  });

  it('lets the longest request end before its target is gone', () => {
    expect(deregistrationSeconds).toBe(30);
    expect(deregistrationSeconds * 1000).toBeGreaterThanOrEqual(HTTP_TIMING.requestMs);
  });

  it('is over before the container is killed', () => {
    expect(stopSeconds).toBe(60);
    expect(stopSeconds).toBeGreaterThan(deregistrationSeconds);
    expect(stopSeconds * 1000).toBeGreaterThan(HTTP_TIMING.exitMs);
  });
});

describe.each(EVERY_REGION)('the container in %s', (_name, stack) => {
  const task = stack.only('AWS::ECS::TaskDefinition').properties;
  const container = at(task, 'ContainerDefinitions.0');

  it('is an unprivileged user, can write nothing, and has an init process', () => {
    expect(at(container, 'User')).toBe('10001:10001');
    expect(DOCKERFILE).toContain('\nUSER 10001:10001\nEXPOSE 3000\n');
    expect(at(container, 'ReadonlyRootFilesystem')).toBe(true);
    expect(at(container, 'LinuxParameters.InitProcessEnabled')).toBe(true);
  });

  it('is ARM and asked whether it lives', () => {
    expect(at(task, 'RuntimePlatform.CpuArchitecture')).toBe('ARM64');
    const [, command] = /^HEALTHCHECK .*\\\n +CMD (\[.*\])$/m.exec(DOCKERFILE) ?? [];

    expect(at(container, 'HealthCheck.Command')).toEqual(['CMD', ...JSON.parse(command ?? '[]')]);
  });

  it('has company when processors or requests ask for it', () => {
    const metrics = stack
      .ofType('AWS::ApplicationAutoScaling::ScalingPolicy')
      .map(({ properties }) => textOf(at(properties, SCALED_BY)));

    expect(metrics.toSorted()).toEqual([
      'ALBRequestCountPerTarget',
      'ECSServiceAverageCPUUtilization',
    ]);
  });

  it('is replaced without a gap, and put back when it fails', () => {
    const deployment = at(stack.only('AWS::ECS::Service').properties, 'DeploymentConfiguration');

    expect(deployment).toMatchObject({
      MinimumHealthyPercent: 100,
      MaximumPercent: 200,
      DeploymentCircuitBreaker: { Enable: true, Rollback: true },
      Alarms: { Enable: true, Rollback: true },
    });
  });
});

describe.each(EVERY_REGION)('the buckets in %s', (name, stack) => {
  it.each(stack.ofType('AWS::S3::Bucket').map((bucket) => [bucket.id, bucket] as const))(
    'are closed, encrypted and without ACLs: %s',
    (id, { properties }) => {
      expect(properties['PublicAccessBlockConfiguration']).toEqual({
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      });
      expect(at(properties, 'OwnershipControls.Rules.0.ObjectOwnership')).toBe(
        'BucketOwnerEnforced',
      );
      expect(at(properties, 'BucketEncryption.ServerSideEncryptionConfiguration')).toBeDefined();
      expect(deniesPlainHttp(stack, id)).toBe(true);
    },
  );

  const uploads = stack.only('AWS::S3::Bucket', 'uploads').properties;

  it('give unfinished uploads up after a day, and forget finished ones as their environment says', () => {
    const rules = listOf(at(uploads, 'LifecycleConfiguration.Rules'));
    const environment = ENVIRONMENTS.find((one) => name.startsWith(`${one.name} `));

    expect(
      rules.map((rule) => at(rule, 'AbortIncompleteMultipartUpload.DaysAfterInitiation')),
    ).toContain(1);
    expect(rules).toContainEqual(
      expect.objectContaining({
        Prefix: 'uploads/',
        ExpirationInDays: environment?.uploadRetentionDays,
      }),
    );
  });

  it('tell the importer of uploads alone: its own reports would start it again', () => {
    const notification = at(uploads, 'NotificationConfiguration.QueueConfigurations.0');

    expect(at(notification, 'Filter.S3Key.Rules')).toEqual([{ Name: 'prefix', Value: 'uploads/' }]);
  });

  it('let only pages of the console and of the front end put files', () => {
    const rulesOf = (deployment: typeof DEV) =>
      listOf(
        at(
          regional(deployment).only('AWS::S3::Bucket', 'uploads').properties,
          'CorsConfiguration.CorsRules',
        ),
      ).map((rule) => at(rule, 'AllowedOrigins'));

    expect(rulesOf(PROD)).toEqual([[`https://${PROD.domainName}`, PROD.frontendUrl]]);
    expect(rulesOf(DEV)).toEqual([[`https://${DEV.domainName}`]]);
  });
});

describe('the tables', () => {
  const tables = (deployment: typeof DEV) =>
    [stackOf(deployment, 'data'), regional(deployment)].flatMap((stack) =>
      stack.ofType('AWS::DynamoDB::GlobalTable'),
    );

  it.each(ENVIRONMENTS.map((deployment) => [deployment.name, deployment] as const))(
    'of %s can be restored to any second',
    (_name, deployment) => {
      for (const replica of tables(deployment).flatMap(({ properties }) =>
        listOf(properties['Replicas']),
      )) {
        expect(at(replica, 'PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled')).toBe(
          true,
        );
      }
    },
  );

  it('of prod cannot be deleted, and outlive their stack, but not the rollback of their creation', () => {
    for (const { properties, document } of tables(PROD)) {
      expect(document).toMatchObject({
        DeletionPolicy: 'RetainExceptOnCreate',
        UpdateReplacePolicy: 'Retain',
      });
      for (const replica of listOf(properties['Replicas'])) {
        expect(at(replica, 'DeletionProtectionEnabled')).toBe(true);
      }
    }
  });

  it('of prod are warm before the first reading', () => {
    const readings = stackOf(PROD, 'data').only(
      'AWS::DynamoDB::GlobalTable',
      'readings',
    ).properties;

    expect(readings['WarmThroughput']).toEqual({
      ReadUnitsPerSecond: 12_000,
      WriteUnitsPerSecond: 8000,
    });
  });

  it.each(ENVIRONMENTS.map((deployment) => [deployment.name, deployment] as const))(
    'of %s cost a bounded sum',
    (_name, deployment) => {
      for (const { properties } of tables(deployment)) {
        expect(at(properties, 'WriteOnDemandThroughputSettings.MaxWriteRequestUnits')).toBe(
          deployment.maxWriteUnitsPerSecond,
        );
      }
    },
  );

  it('of readings have no index, which would be a second place to be hot', () => {
    const readings = stackOf(PROD, 'data').only(
      'AWS::DynamoDB::GlobalTable',
      'readings',
    ).properties;

    expect(readings['GlobalSecondaryIndexes']).toBeUndefined();
  });
});

describe('the user pool', () => {
  const identity = stackOf(PROD, 'identity');
  const clients = identity.ofType('AWS::Cognito::UserPoolClient');

  it('does not reveal which users exist', () => {
    expect(clients).toHaveLength(1 + PROD.machineClients.length);
    for (const { properties } of clients) {
      expect(properties['PreventUserExistenceErrors']).toBe('ENABLED');
      expect(properties['GenerateSecret']).toBe(true);
    }
  });

  it('lets machines do what their environment says, and people log in by password alone', () => {
    const machine = identity.only('AWS::Cognito::UserPoolClient', 'machineclient').properties;
    const web = identity.only('AWS::Cognito::UserPoolClient', 'webclient').properties;

    expect(machine['AllowedOAuthFlows']).toEqual(['client_credentials']);
    expect(machine['ExplicitAuthFlows']).toEqual(['ALLOW_REFRESH_TOKEN_AUTH']);
    expect(machine['AllowedOAuthScopes']).toEqual(PROD.machineClients[0]?.scopes);
    expect(machine['AccessTokenValidity']).toBe(60);
    expect(web['ExplicitAuthFlows']).toEqual([
      'ALLOW_USER_PASSWORD_AUTH',
      'ALLOW_REFRESH_TOKEN_AUTH',
    ]);
    expect(web['AllowedOAuthFlows']).toBeUndefined();
    expect(web['AccessTokenValidity']).toBe(60);
  });

  it('allows no sign-up, and cannot be deleted', () => {
    const pool = identity.only('AWS::Cognito::UserPool').properties;

    expect(at(pool, 'AdminCreateUserConfig.AllowAdminCreateUserOnly')).toBe(true);
    expect(pool['DeletionProtection']).toBe('ACTIVE');
  });

  it('takes long passwords, and names in any case, as the throttle of logins counts them', () => {
    const pool = identity.only('AWS::Cognito::UserPool').properties;

    expect(at(pool, 'Policies.PasswordPolicy.MinimumLength')).toBe(12);
    expect(at(pool, 'UsernameConfiguration.CaseSensitive')).toBe(false);
  });

  it('gives its client secret to Secrets Manager without showing it', () => {
    const secret = identity.only('AWS::SecretsManager::Secret').properties;

    expect(at(secret['SecretString'], 'Fn::GetAtt.1')).toBe('ClientSecret');
  });
});

function streamMapping(stack: StackTemplate, name = 'readingsstream') {
  const found = stack.ofType('AWS::Lambda::EventSourceMapping').find(({ id }) => id.includes(name));
  if (found === undefined) throw new Error(`${name} is not mapped`);
  return found.properties;
}

function aggregatorFunction(stack: StackTemplate): Resource {
  return stack.only('AWS::Lambda::Function', 'aggregator');
}

function attribute({ properties }: Resource, key: string) {
  const lists = [properties['LoadBalancerAttributes'], properties['TargetGroupAttributes']].flatMap(
    listOf,
  );
  return at(
    lists.find((one) => at(one, 'Key') === key),
    'Value',
  );
}

function deniesPlainHttp(stack: StackTemplate, bucketId: string): boolean {
  const policies = stack
    .ofType('AWS::S3::BucketPolicy')
    .filter(({ properties }) => at(properties['Bucket'], 'Ref') === bucketId);
  return policies
    .flatMap(({ properties }) => listOf(at(properties, 'PolicyDocument.Statement')))
    .some(
      (one) =>
        at(one, 'Effect') === 'Deny' && at(one, 'Condition.Bool.aws:SecureTransport') === 'false',
    );
}
