import {
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureTables } from '../../apps/local/src/dynamodb/ensure-tables.ts';
import { findDynoxide } from '../../apps/local/src/dynamodb/find-dynoxide.ts';
import {
  startDynoxide,
  type RunningDynoxide,
} from '../../apps/local/src/dynamodb/start-dynoxide.ts';
import { preflightHeaders } from '../../apps/local/src/s3/cors.ts';
import { SCOPES, scopesOfGroups } from '../../libs/auth/src/caller.ts';
import {
  readAggregatorEnvironment,
  readApiEnvironment,
  readImporterEnvironment,
  readLivePublisherEnvironment,
} from '../../libs/platform/src/config/environment.ts';
import {
  importsPerCaller,
  SCHEDULES,
  STREAM_MAPPINGS,
  UPLOADS_QUEUE_SOURCE,
} from '../../libs/platform/src/resources/event-sources.ts';
import {
  IMPORTER_MALLOC_ARENAS,
  IMPORTER_NODE_OPTIONS,
} from '../../libs/platform/src/resources/function-memory.ts';
import {
  ALL_SCOPES,
  GROUPS,
  PASSWORD_POLICY,
  SCOPE_NAMES,
  TOKEN_MINUTES,
  USERNAMES_ARE_CASE_SENSITIVE,
} from '../../libs/platform/src/resources/identity.ts';
import { TABLES } from '../../libs/platform/src/resources/tables.ts';
import { windowSecondsOf, type Deployment } from '../lib/deployment.ts';
import { tableName } from '../lib/names.ts';
import { shown } from './support/policies.ts';
import {
  at,
  ENVIRONMENTS,
  DEV,
  listOf,
  objectOf,
  PROD,
  regional,
  stackOf,
  synthesize,
  textOf,
  type Json,
  type StackTemplate,
} from './support/templates.ts';

describe('the tables of the templates', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'sensorflow-infra-tables-'));
  let dynoxide: RunningDynoxide;
  let client: DynamoDBClient;

  beforeAll(async () => {
    const binary = findDynoxide(process.env);
    const dbPath = join(dataDir, 'dynamodb.db');
    dynoxide = await startDynoxide({ binary, dbPath, port: 0, host: '127.0.0.1' });
    const credentials = { accessKeyId: 'LOCAL', secretAccessKey: 'local' };
    client = new DynamoDBClient({ endpoint: dynoxide.url, region: 'local', credentials });
    await ensureTables(
      client,
      TABLES.map((definition) => ({ definition, name: tableName('dev', definition) })),
    );
  });

  afterAll(async () => {
    client.destroy();
    await dynoxide.stop();
    rmSync(dataDir, { recursive: true });
  });

  it.each(TABLES.map((table) => [tableName('dev', table)]))(
    'have keys, indexes, stream and expiry of the embedded stack: %s',
    async (name) => {
      const synthesized = tablesOf(DEV).find(({ TableName }) => TableName === name);

      const embedded = await embeddedTable(client, name);

      expect(synthesized).toBeDefined();
      expect(shapeOf(synthesized ?? {})).toEqual(shapeOf(embedded));
    },
  );

  it.each(ENVIRONMENTS.map((deployment) => [deployment.name, deployment] as const))(
    'of %s are all that the embedded stack has, and no others',
    (_name, deployment) => {
      const names = tablesOf(deployment).map(({ TableName }) => textOf(TableName));

      expect(names.toSorted()).toEqual(
        TABLES.map((table) => tableName(deployment.name, table)).toSorted(),
      );
    },
  );
});

describe('the event source mappings', () => {
  it.each(STREAM_MAPPINGS.map((mapping) => [mapping.name, mapping] as const))(
    'have every setting of %s',
    (name, { source, functionName, window }) => {
      const mapping = regional(DEV)
        .ofType('AWS::Lambda::EventSourceMapping')
        .find(({ id }) => id.includes(name.replaceAll('-', '')));

      expect(mapping?.properties).toMatchObject({
        FunctionName: { Ref: functionOf(functionName).id },
        BatchSize: source.batchSize,
        MaximumBatchingWindowInSeconds: windowSecondsOf(DEV)[window],
        ParallelizationFactor: source.parallelizationFactor,
        StartingPosition: source.startingPosition,
        BisectBatchOnFunctionError: source.bisectBatchOnFunctionError,
        MaximumRetryAttempts: source.maximumRetryAttempts,
        MaximumRecordAgeInSeconds: source.maximumRecordAgeSeconds,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
      });
      expect(functionOf(functionName).Timeout).toBeGreaterThanOrEqual(
        source.functionTimeoutSeconds,
      );
    },
  );

  it('gather records as long as the environment says, of readings and of sums', () => {
    const windows = (of: Deployment) =>
      STREAM_MAPPINGS.map(
        ({ name }) =>
          synthesize(of)
            .stacks.get(of.regions[0])
            ?.ofType('AWS::Lambda::EventSourceMapping')
            .find(({ id }) => id.includes(name.replaceAll('-', '')))?.properties[
            'MaximumBatchingWindowInSeconds'
          ],
      );

    expect(windows({ ...DEV, aggregationWindowSeconds: 2, sumsWindowSeconds: 60 })).toEqual([
      2, 1, 60,
    ]);
    expect(windows({ ...DEV, sumsWindowSeconds: 0 })).toEqual([1, 1, 0]);
  });

  it('keep live readings for a second at the most', () => {
    const live = STREAM_MAPPINGS.filter(({ functionName }) => functionName === 'live-publisher');

    expect(live.map(({ window }) => windowSecondsOf(PROD)[window])).toEqual([1]);
  });

  it('feed the importer as the embedded queue does', () => {
    const queue = regional(DEV).only('AWS::SQS::Queue', 'importerqueue').properties;
    const mapping = regional(DEV)
      .ofType('AWS::Lambda::EventSourceMapping')
      .find(({ id }) => id.includes('uploads'));

    expect(queue['VisibilityTimeout']).toBe(UPLOADS_QUEUE_SOURCE.visibilityTimeoutSeconds);
    expect(at(queue, 'RedrivePolicy.maxReceiveCount')).toBe(UPLOADS_QUEUE_SOURCE.maxReceiveCount);
    expect(mapping?.properties).toMatchObject({
      BatchSize: UPLOADS_QUEUE_SOURCE.batchSize,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
    expect(functionOf('csv-importer').Timeout).toBe(UPLOADS_QUEUE_SOURCE.functionTimeoutSeconds);
  });

  it.each(ENVIRONMENTS.map((deployment) => [deployment.name, deployment] as const))(
    'of %s leave others a half of what imports at a time',
    (_name, deployment) => {
      const stack = regional(deployment);
      const mapping = stack
        .ofType('AWS::Lambda::EventSourceMapping')
        .find(({ id }) => id.includes('uploads'));
      const most = Number(at(mapping?.properties ?? {}, 'ScalingConfig.MaximumConcurrency'));
      const ofACaller = Number(valuesIn(stack, 'IMPORTS_PER_CALLER')[0]);

      expect(most).toBe(deployment.concurrentImports);
      expect(ofACaller).toBe(importsPerCaller(most));
      expect(ofACaller).toBeGreaterThanOrEqual(1);
      expect(ofACaller).toBeLessThanOrEqual(most / 2);
    },
  );

  it('are as many as there are definitions', () => {
    const mappings = regional(DEV).ofType('AWS::Lambda::EventSourceMapping');

    expect(mappings).toHaveLength(STREAM_MAPPINGS.length + 1);
  });
});

describe('the schedules', () => {
  it.each(SCHEDULES.map((schedule) => [schedule.task, schedule] as const))(
    'have the function do %s, and nobody else may call it',
    (task, { functionName, everySeconds, functionTimeoutSeconds }) => {
      const stack = regional(DEV);
      const rule = stack
        .ofType('AWS::Events::Rule')
        .find(({ id }) => id.includes(task.replaceAll('-', '')));
      const functionId = functionOf(functionName).id;
      const permission = stack
        .ofType('AWS::Lambda::Permission')
        .find(({ properties }) => at(properties, 'SourceArn.Fn::GetAtt.0') === rule?.id);

      const minutes = everySeconds / 60;
      expect(rule?.properties).toMatchObject({
        ScheduleExpression: `rate(${minutes} minute${minutes === 1 ? '' : 's'})`,
        State: 'ENABLED',
        Targets: [{ Arn: { 'Fn::GetAtt': [functionId, 'Arn'] }, Input: JSON.stringify({ task }) }],
      });
      expect(permission?.properties).toMatchObject({
        Action: 'lambda:InvokeFunction',
        Principal: 'events.amazonaws.com',
      });
      expect(functionOf(functionName).Timeout).toBeGreaterThanOrEqual(functionTimeoutSeconds);
    },
  );

  it('are as many as there are rules', () => {
    expect(regional(DEV).ofType('AWS::Events::Rule')).toHaveLength(SCHEDULES.length);
  });
});

describe('the variables of each process', () => {
  it.each(PROD.regions)('of the API in %s are all that it reads', (region) => {
    const container = objectOf(
      at(
        regional(PROD, region).only('AWS::ECS::TaskDefinition').properties,
        'ContainerDefinitions.0',
      ),
    );
    const plain = listOf(container['Environment']).map((one) => [
      at(one, 'Name'),
      text(at(one, 'Value')),
    ]);
    const secret = listOf(container['Secrets']).map((one) => [
      at(one, 'Name'),
      'from Secrets Manager',
    ]);

    const environment = readApiEnvironment(Object.fromEntries([...plain, ...secret]));

    expect(environment).toMatchObject({ AWS_REGION: region, TRUSTED_PROXY_HOPS: 1, PORT: 3000 });
    expect(environment.FRONTEND_URL).toBe(PROD.frontendUrl);
  });

  it('of the importer are all that it reads', () => {
    expect(() => readImporterEnvironment(variablesOf('csv-importer'))).not.toThrow();
  });

  it('of the aggregator are all that it reads', () => {
    expect(() => readAggregatorEnvironment(variablesOf('stream-aggregator'))).not.toThrow();
  });

  it('of the live publisher are all that it reads, and the API subscribes to its topic', () => {
    const stack = regional(DEV);
    const topic = { Ref: stack.only('AWS::SNS::Topic', 'live').id };
    const container = stack.only('AWS::ECS::TaskDefinition').properties;
    const ofApi = listOf(at(container, 'ContainerDefinitions.0.Environment'));

    expect(() => readLivePublisherEnvironment(variablesOf('live-publisher'))).not.toThrow();
    expect(at(functionOf('live-publisher'), 'Environment.Variables.LIVE_TOPIC_ARN')).toEqual(topic);
    expect(ofApi).toContainEqual({ Name: 'LIVE_TOPIC_ARN', Value: topic });
    expect(ofApi).toContainEqual({ Name: 'LIVE_QUEUE_PREFIX', Value: 'sensorflow-dev-live-' });
  });

  it('tell all three of one retention, and of none unless it is set', () => {
    const kept = synthesize({ ...DEV, readingRetentionDays: 90 }).stacks.get(DEV.regions[0]);

    expect(valuesIn(kept, 'RETENTION_DAYS')).toEqual(['90', '90', '90']);
    expect(valuesIn(regional(DEV), 'RETENTION_DAYS')).toEqual([]);
  });

  it('tell the API alone when it verifies an hour, and leave it at its default unless set', () => {
    const never = synthesize({ ...DEV, sweepDelayMinutes: 0 }).stacks.get(DEV.regions[0]);

    expect(valuesIn(never, 'SWEEP_DELAY_MINUTES')).toEqual(['0']);
    expect(valuesIn(regional(DEV), 'SWEEP_DELAY_MINUTES')).toEqual([]);
  });

  it('tell the aggregator alone how long open hours wait, and leave it at its default unless set', () => {
    const often = synthesize({ ...DEV, openHourRefreshSeconds: 5 }).stacks.get(DEV.regions[0]);

    expect(valuesIn(often, 'OPEN_HOUR_REFRESH_SECONDS')).toEqual(['5']);
    expect(valuesIn(regional(DEV), 'OPEN_HOUR_REFRESH_SECONDS')).toEqual([]);
  });

  it('tell writers and readers of aggregates of one number of shards', () => {
    const told = valuesIn(regional(PROD), 'AGGREGATE_SHARDS');

    expect(told).toEqual(['api', 'aggregator', 'importer'].map(() => String(PROD.aggregateShards)));
  });

  it.each([
    [DEV, 3 * 1000],
    [PROD, 5000 + 2 * 10_000],
    [{ ...DEV, aggregationWindowSeconds: 5, sumsWindowSeconds: 0 }, 5000],
    [{ ...DEV, aggregationWindowSeconds: 1, sumsWindowSeconds: 13 }, 1000 + 2 * 13_000],
  ])('have the second look of a verification longer than the fleet-hours lag', (of, lagMs) => {
    const stack = synthesize(of).stacks.get(DEV.regions[0]);

    expect(Number(valuesIn(stack, 'VERIFY_SECOND_LOOK_MS')[0])).toBeGreaterThan(lagMs);
  });

  it('bound the memory of the importer as the embedded stack does', () => {
    const variables = variablesOf('csv-importer');
    expect(variables['NODE_OPTIONS']).toContain(IMPORTER_NODE_OPTIONS);
    expect(variables['MALLOC_ARENA_MAX']).toBe(IMPORTER_MALLOC_ARENAS);
  });

  it('never name what Lambda sets itself', () => {
    for (const name of ['csv-importer', 'live-publisher', 'stream-aggregator']) {
      expect(Object.keys(objectOf(at(functionOf(name), 'Environment.Variables')))).not.toContain(
        'AWS_REGION',
      );
    }
  });

  it('hold no secret where people can read it', () => {
    const container = regional(PROD).only('AWS::ECS::TaskDefinition').properties;
    const plain = listOf(at(container, 'ContainerDefinitions.0.Environment'));
    const names = [
      ...plain.map((one) => textOf(at(one, 'Name'))),
      ...Object.keys(variablesOf('csv-importer')),
      ...Object.keys(variablesOf('live-publisher')),
      ...Object.keys(variablesOf('stream-aggregator')),
    ];

    expect(names.filter((name) => /SECRET|PASSWORD|TOKEN|CREDENTIAL/.test(name))).toEqual([]);
  });
});

describe('the CORS rule of uploads', () => {
  it('answers a page of the front end as the embedded S3 does', () => {
    const origin = PROD.frontendUrl;
    const preflight = {
      method: 'OPTIONS',
      rawPath: '/',
      path: '/',
      query: [],
      headers: new Map([
        ['origin', origin],
        ['access-control-request-method', 'PUT'],
      ]),
    };

    const rule = objectOf(
      at(
        regional(PROD).only('AWS::S3::Bucket', 'uploads').properties,
        'CorsConfiguration.CorsRules.0',
      ),
    );
    const embedded = preflightHeaders(preflight, [origin]);

    expect(textsOf(rule['AllowedMethods'])).toBe(embedded['access-control-allow-methods']);
    expect(textsOf(rule['ExposedHeaders'])).toBe(embedded['access-control-expose-headers']);
    expect(textOf(rule['MaxAge'])).toBe(embedded['access-control-max-age']);
  });
});

function textsOf(list: Json): string {
  return listOf(list).map(textOf).join(', ');
}

describe('the user pool', () => {
  it('has the groups and scopes that the API knows', () => {
    const identity = stackOf(DEV, 'identity');
    const groups = identity
      .ofType('AWS::Cognito::UserPoolGroup')
      .map(({ properties }) => textOf(properties['GroupName']));
    const scopes = listOf(
      identity.only('AWS::Cognito::UserPoolResourceServer').properties['Scopes'],
    );

    expect(groups.toSorted()).toEqual([...GROUPS].toSorted());
    expect(scopes.map((scope) => at(scope, 'ScopeName'))).toEqual([...SCOPE_NAMES]);
    expect(ALL_SCOPES).toEqual(SCOPES);
    for (const group of GROUPS) expect(scopesOfGroups([group]).size).toBeGreaterThan(0);
  });

  it('asks of names and passwords what the embedded stack asks, and lets tokens last as long', () => {
    const pool = stackOf(DEV, 'identity').only('AWS::Cognito::UserPool').properties;

    expect(at(pool, 'UsernameConfiguration.CaseSensitive')).toBe(USERNAMES_ARE_CASE_SENSITIVE);
    expect(at(pool, 'Policies.PasswordPolicy')).toMatchObject({
      MinimumLength: PASSWORD_POLICY.minimumLength,
      RequireLowercase: PASSWORD_POLICY.requireLowercase,
      RequireUppercase: PASSWORD_POLICY.requireUppercase,
      RequireNumbers: PASSWORD_POLICY.requireNumbers,
      RequireSymbols: PASSWORD_POLICY.requireSymbols,
    });
    const clients = stackOf(DEV, 'identity').ofType('AWS::Cognito::UserPoolClient');
    const web = clients.find(({ properties }) => textOf(properties['ClientName']).includes('web'));
    expect(web?.properties['AccessTokenValidity']).toBe(TOKEN_MINUTES);
    expect([PASSWORD_POLICY.minimumLength, USERNAMES_ARE_CASE_SENSITIVE]).toEqual([12, false]);
  });
});

/** What the containers and functions of a stack are told of it. */
function valuesIn(stack: StackTemplate | undefined, name: string): readonly string[] {
  const told = JSON.stringify(stack?.document).matchAll(
    new RegExp(`"Name":"${name}","Value":"(\\d+)"|"${name}":"(\\d+)"`, 'g'),
  );
  return Array.from(told, ([, ofContainer, ofFunction]) => ofContainer ?? ofFunction ?? '');
}

/** The variables as Lambda would hand them over. */
function variablesOf(name: string): Record<string, string> {
  const variables = Object.entries(objectOf(at(functionOf(name), 'Environment.Variables')));
  return {
    AWS_REGION: 'eu-central-1',
    ...Object.fromEntries(variables.map(([key, value]) => [key, text(value)])),
  };
}

/** What only a deployment knows, as something of its form. */
function text(value: Json): string {
  if (typeof value === 'string') return value;
  return shown(value)
    .replaceAll(
      /\{"Fn::GetStackOutput".*?ProviderURL[^}]*\}\}/g,
      'https://cognito-idp.example/pool',
    )
    .replaceAll(/^<importerqueue[^>]*>$/g, 'https://sqs.example/queue');
}

function functionOf(name: string) {
  const found = regional(DEV)
    .ofType('AWS::Lambda::Function')
    .find(({ properties }) => properties['FunctionName'] === `sensorflow-dev-${name}`);
  const properties = objectOf(found?.properties);
  return { ...properties, id: found?.id ?? '', Timeout: Number(properties['Timeout']) };
}

function tablesOf(deployment: typeof DEV) {
  const stacks = [stackOf(deployment, 'data'), regional(deployment)];
  return stacks.flatMap((stack) =>
    stack.ofType('AWS::DynamoDB::GlobalTable').map(({ properties }) => properties),
  );
}

async function embeddedTable(client: DynamoDBClient, TableName: string) {
  const { Table } = await client.send(new DescribeTableCommand({ TableName }));
  const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName }));
  const described: Json = JSON.parse(JSON.stringify(Table));
  return {
    ...objectOf(described),
    TimeToLiveSpecification: { AttributeName: TimeToLiveDescription?.AttributeName },
  };
}

/** What must agree, in an order of its own. */
function shapeOf(table: Json) {
  return {
    keys: at(table, 'KeySchema'),
    attributes: listOf(at(table, 'AttributeDefinitions'))
      .map((one) => shown(one))
      .toSorted(),
    indexes: listOf(at(table, 'GlobalSecondaryIndexes')).map((index) => ({
      name: at(index, 'IndexName'),
      keys: at(index, 'KeySchema'),
      projection: at(index, 'Projection.ProjectionType'),
    })),
    stream: at(table, 'StreamSpecification.StreamViewType'),
    expiry: at(table, 'TimeToLiveSpecification.AttributeName'),
  };
}
