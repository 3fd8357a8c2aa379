import { BatchWriteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  READINGS_STREAM_SOURCE,
  type StreamSourceDefinition,
  UPLOADS_QUEUE_SOURCE,
} from '@sensorflow/platform/resources/event-sources.js';
import { READINGS_TABLE } from '@sensorflow/platform/resources/tables.js';
import { ensureTables } from '../../apps/local/src/dynamodb/ensure-tables.js';
import { startDynoxide } from '../../apps/local/src/dynamodb/start-dynoxide.js';
import { addStreamIndexes } from '../../apps/local/src/dynamodb/stream-indexes.js';
import {
  FunctionProcess,
  type FunctionProcessOptions,
  type FunctionWorker,
} from '../../apps/local/src/lambda/function-worker.js';
import type { FunctionInvoker, InvocationOutcome } from '../../apps/local/src/lambda/invocation.js';
import {
  type MessageSource,
  type QueuedMessage,
  QueueMapping,
} from '../../apps/local/src/lambda/queue-mapping.js';
import { StreamMapping } from '../../apps/local/src/lambda/stream-mapping.js';
import {
  clientsFor,
  DYNOXIDE,
  type EmbeddedStore,
  eventually,
  startEmbeddedStore,
  temporaryFolder,
} from '../support/lambda-fixtures/embedded-store.js';

function fixture(name: string): string {
  return fileURLToPath(new URL(`../support/lambda-fixtures/${name}`, import.meta.url));
}

/** A dead process whose parent died first may stay as a zombie, without command line, until init takes note. */
function isAlive(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '';
  } catch {
    return false;
  }
}

describe('a function in its child process', () => {
  const open: FunctionProcess[] = [];
  let lines: string[] = [];

  function aProcess(options: Partial<FunctionProcessOptions> = {}) {
    const functions = new FunctionProcess({
      environment: { GREETING: 'hello' },
      log: (line, stream) => lines.push(`${stream}: ${line}`),
      ...options,
    });
    open.push(functions);
    return functions;
  }

  function aWorker(module = 'behaviours.mjs', functions = aProcess()): FunctionWorker {
    return functions.newWorker({ name: 'probe', modulePath: fixture(module) });
  }

  afterEach(async () => {
    await Promise.all(open.splice(0).map(async (functions) => functions.close()));
    lines = [];
  });

  it('lives from one invocation to the next and sees its own environment alone', async () => {
    const worker = aWorker();

    const first = resultOf(await worker.invoke({}, 20));
    const second = resultOf(await worker.invoke({}, 20));

    expect(second).toMatchObject({ pid: first['pid'], invocations: 2, functionName: 'probe' });
    expect(second['requestId']).not.toBe(first['requestId']);
    expect(Number(second['remainingMs'])).toBeGreaterThan(15_000);
    expect(Number(second['remainingMs'])).toBeLessThanOrEqual(20_000);
    const environment = JSON.stringify(second['environment']);
    expect(environment).toContain('GREETING');
    expect(environment).not.toContain('HOME');
  });

  it('reports what the handler throws, and goes on in the same process', async () => {
    const worker = aWorker();
    const before = resultOf(await worker.invoke({}, 20));

    const outcome = await worker.invoke({ behaviour: 'throw' }, 20);

    const error = { ok: false, errorType: 'RangeError', errorMessage: 'out of range' };
    expect(outcome).toEqual(error);
    expect(resultOf(await worker.invoke({}, 20))['pid']).toBe(before['pid']);
  });

  it.each([
    ['behaviours.mjs', 'circular', 'Runtime.MarshalError'],
    ['missing.mjs', '', 'Runtime.ImportModuleError'],
    ['no-handler.mjs', '', 'Runtime.HandlerNotFound'],
  ])('names the fault of %s %s as %s', async (module, behaviour, errorType) => {
    const outcome = await aWorker(module).invoke({ behaviour }, 20);

    expect(outcome).toMatchObject({ ok: false, errorType });
  });

  it('is loaded again, in a new process, after its module could not be loaded', async () => {
    const folder = await temporaryFolder();
    const modulePath = join(folder, 'late.mjs');
    const worker = aProcess().newWorker({ name: 'late', modulePath });
    await writeFile(modulePath, "throw new Error('not yet');");
    const first = await worker.invoke({}, 20);

    await writeFile(modulePath, 'export const handler = () => process.pid;');
    const second = await worker.invoke({}, 20);

    expect(first).toMatchObject({ ok: false, errorType: 'Runtime.ImportModuleError' });
    expect(second).toEqual({ ok: true, result: expect.any(Number) });
    await rm(folder, { recursive: true });
  });

  it('answers null when the handler returns nothing', async () => {
    expect(await aWorker().invoke({ behaviour: 'nothing' }, 20)).toEqual({
      ok: true,
      result: null,
    });
  });

  it.each(['hang', 'spin'])(
    'is killed at its timeout when it would %s, and replaced',
    async (behaviour) => {
      const worker = aWorker();
      const pid = Number(resultOf(await worker.invoke({}, 20))['pid']);

      const outcome = await worker.invoke({ behaviour }, 0.3);

      expect(outcome).toMatchObject({
        errorType: 'Sandbox.Timedout',
        errorMessage: expect.stringContaining('Task timed out after 0.30 seconds'),
      });
      expect(isAlive(pid)).toBe(false);
      expect(resultOf(await worker.invoke({}, 20))['invocations']).toBe(1);
    },
  );

  it('is replaced after it has ended by itself', async () => {
    const worker = aWorker();

    const outcome = await worker.invoke({ behaviour: 'exit' }, 20);

    expect(outcome).toMatchObject({
      errorType: 'Runtime.ExitError',
      errorMessage: expect.stringContaining('exit status 7'),
    });
    expect(resultOf(await worker.invoke({}, 20))['invocations']).toBe(1);
  });

  it('takes one invocation at a time', async () => {
    const worker = aWorker();
    const finished: string[] = [];

    await Promise.all([
      worker.invoke({ behaviour: 'wait', durationMs: 200 }, 20).then(() => finished.push('slow')),
      worker.invoke({}, 20).then(() => finished.push('quick')),
    ]);

    expect(finished).toEqual(['slow', 'quick']);
  });

  it('hands on what it prints, line by line', async () => {
    await aWorker().invoke({ behaviour: 'print' }, 20);

    await eventually(() => lines.length >= 3, 'three lines');
    expect(lines.toSorted()).toEqual([
      'stderr: a warning',
      'stdout: first line',
      'stdout: second line',
    ]);
  });

  it('ends with close, and with it the invocation under way', async () => {
    const functions = aProcess();
    const worker = aWorker('behaviours.mjs', functions);
    const pid = Number(resultOf(await worker.invoke({}, 20))['pid']);
    const hanging = worker.invoke({ behaviour: 'hang' }, 20);
    const waiting = worker.invoke({}, 20);

    await functions.close();

    expect(isAlive(pid)).toBe(false);
    expect(await hanging).toMatchObject({ errorType: 'Runtime.ExitError' });
    expect(await waiting).toMatchObject({ errorType: 'Runtime.ExitError' });
  });

  describe('with several sandboxes', () => {
    it('keeps their state apart, and lets none wait for another', async () => {
      const functions = aProcess();
      const one = aWorker('behaviours.mjs', functions);
      const other = aWorker('behaviours.mjs', functions);
      const first = resultOf(await one.invoke({}, 20));
      const waiting = one.invoke({ behaviour: 'wait', durationMs: 60_000 }, 60);

      const beside = resultOf(await other.invoke({}, 20));

      expect(beside).toMatchObject({ pid: first['pid'], invocations: 1 });
      await functions.close();
      expect(await waiting).toMatchObject({ errorType: 'Runtime.ExitError' });
    });

    it('ends the invocations of all at the timeout of one, and all go on in a new process', async () => {
      const functions = aProcess();
      const one = aWorker('behaviours.mjs', functions);
      const other = aWorker('behaviours.mjs', functions);
      const { pid } = resultOf(await one.invoke({}, 20));
      const beside = other.invoke({ behaviour: 'hang' }, 20);

      const late = await one.invoke({ behaviour: 'hang' }, 0.3);

      expect(late).toMatchObject({ errorType: 'Sandbox.Timedout' });
      expect(await beside).toMatchObject({ errorType: 'Runtime.ExitError' });
      const pids = [one, other].map(async (worker) => resultOf(await worker.invoke({}, 20))['pid']);
      const [next, nextBeside] = await Promise.all(pids);
      expect(next).toBe(nextBeside);
      expect(next).not.toBe(pid);
    });
  });

  it('ends when it was idle for as long as it may be, and starts again when it is needed', async () => {
    const worker = aWorker('behaviours.mjs', aProcess({ idleMs: 50 }));
    const pid = Number(resultOf(await worker.invoke({}, 20))['pid']);

    await eventually(() => !isAlive(pid), 'the end of the child');

    expect(resultOf(await worker.invoke({}, 20))).toMatchObject({ invocations: 1 });
    // An invocation is no idleness, however long it takes.
    const waited = await worker.invoke({ behaviour: 'wait', durationMs: 200 }, 20);
    expect(waited).toEqual({ ok: true, result: 'waited' });
  });

  it('dies with its starter, even when that is killed with SIGKILL', async () => {
    const script = fixture('start-function-and-wait.mjs');
    const starter = spawn(process.execPath, [script, fixture('behaviours.mjs')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(createInterface({ input: starter.stdout }), 'line');
    const { pid } = JSON.parse(String(line));
    expect(isAlive(pid)).toBe(true);

    starter.kill('SIGKILL');

    await eventually(() => !isAlive(pid), 'the end of the child', 3_000);
  });

  function resultOf(outcome: InvocationOutcome): Record<string, unknown> {
    if (!outcome.ok) throw new Error(`${outcome.errorType}: ${outcome.errorMessage}`);
    return Object(outcome.result);
  }
});

describe('a stream mapping', () => {
  let store: EmbeddedStore;
  let tables = 0;
  const stops: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    store = await startEmbeddedStore();
    addStreamIndexes(store.dbPath);
  });

  afterEach(async () => {
    for (const stop of stops.splice(0).toReversed()) await stop();
  });

  afterAll(async () => store.close());

  const SOURCE: StreamSourceDefinition = {
    ...READINGS_STREAM_SOURCE,
    maximumBatchingWindowSeconds: 0,
    maximumRetryAttempts: 2,
    functionTimeoutSeconds: 20,
  };

  /** A table of its own, a data folder of its own, and a function that writes down what it gets. */
  async function aTable(ofStore = store) {
    tables += 1;
    const name = `readings-${tables}`;
    const dataDir = join(ofStore.folder, name);
    await mkdir(dataDir);
    await ensureTables(ofStore.dynamodb, [{ definition: READINGS_TABLE, name }]);
    return { name, dataDir };
  }

  type Table = Awaited<ReturnType<typeof aTable>>;

  interface MappingChanges {
    readonly source?: Partial<StreamSourceDefinition>;
    readonly module?: string;
    readonly streams?: EmbeddedStore['streams'];
  }

  function startMapping({ name, dataDir }: Table, changes: MappingChanges = {}): StreamMapping {
    const functions = new FunctionProcess({
      environment: {
        DELIVERED_FILE: join(dataDir, 'delivered'),
        ATTEMPTS_FILE: join(dataDir, 'attempts'),
        EVENTS_FILE: join(dataDir, 'events'),
      },
      log: () => undefined,
    });
    const modulePath = fixture(changes.module ?? 'stream-function.mjs');
    const mapping = new StreamMapping({
      name: 'aggregation',
      tableName: name,
      dataDir,
      streams: changes.streams ?? store.streams,
      source: { ...SOURCE, ...changes.source },
      invoker: functions.newWorker({ name: 'stream-function', modulePath }),
      retryPause: { firstMs: 10, longestMs: 40 },
    });
    mapping.start();
    stops.push(async () => {
      await mapping.stop();
      await functions.close();
    });
    return mapping;
  }

  async function write({ name }: Table, ids: readonly string[], of = store): Promise<string[]> {
    const items = ids.map((id, index) => ({ id, block: `T${String(index).padStart(5, '0')}` }));
    for (let start = 0; start < items.length; start += 25) {
      const requests = items.slice(start, start + 25).map(({ id, block }) => ({
        PutRequest: { Item: { equipmentId: { S: id }, block: { S: block } } },
      }));
      await of.dynamodb.send(new BatchWriteItemCommand({ RequestItems: { [name]: requests } }));
    }
    return items.map(({ id, block }) => `${id} ${block}`);
  }

  async function linesOf({ dataDir }: Table, file: string): Promise<string[]> {
    const content = await readFile(join(dataDir, file), 'utf8').catch(() => '');
    return content.split('\n').filter((line) => line !== '');
  }

  async function delivered(table: Table, count: number): Promise<string[]> {
    const enough = async (): Promise<boolean> =>
      (await linesOf(table, 'delivered')).length >= count;
    await eventually(enough, `${count} deliveries`, 30_000);
    return linesOf(table, 'delivered');
  }

  async function caughtUp(mapping: StreamMapping): Promise<void> {
    await eventually(() => mapping.status().behindMs === 0, 'the mapping to catch up');
  }

  function numbered(prefix: string, count: number): string[] {
    return Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
  }

  it('delivers thousands of records completely and in order, also those written before it began', async () => {
    const table = await aTable();
    const early = await write(table, numbered('early', 1_000));

    const mapping = startMapping(table);
    const late = await write(table, numbered('late', 2_000));

    const expected = [...early, ...late];
    expect(await delivered(table, expected.length)).toEqual(expected);
    await caughtUp(mapping);
    expect(mapping.status()).toEqual({
      checkpoint: { [`shardId-00000001-${table.name}`]: '3000' },
      behindMs: 0,
      failures: 0,
    });
  });

  it("hands records over in the shape of Lambda's event", async () => {
    const table = await aTable();
    const key = { equipmentId: { S: 'EQ-1' }, block: { S: 'T1' } };
    const item = {
      ...key,
      value: { N: '78.42' },
      raw: { B: Buffer.from('hi') },
      values: { M: { all: { L: [{ B: Buffer.from('ho') }, { BOOL: true }] } } },
    };
    await store.dynamodb.send(new PutItemCommand({ TableName: table.name, Item: item }));

    startMapping(table, { module: 'recording-function.mjs' });
    await eventually(async () => (await linesOf(table, 'events')).length > 0, 'an event');

    const { Records } = JSON.parse((await linesOf(table, 'events'))[0] ?? '');
    const arn = expect.stringMatching(
      new RegExp(`^arn:aws:dynamodb:.*/${table.name}/stream/`, 'u'),
    );
    const image = {
      ...key,
      value: { N: '78.42' },
      raw: { B: 'aGk=' },
      values: { M: { all: { L: [{ B: 'aG8=' }, { BOOL: true }] } } },
    };
    expect(Records).toEqual([
      {
        eventID: expect.any(String),
        eventName: 'INSERT',
        eventVersion: '1.1',
        eventSource: 'aws:dynamodb',
        awsRegion: expect.any(String),
        eventSourceARN: arn,
        dynamodb: {
          ApproximateCreationDateTime: expect.any(Number),
          Keys: key,
          NewImage: image,
          SequenceNumber: '1',
          SizeBytes: expect.any(Number),
          StreamViewType: 'NEW_AND_OLD_IMAGES',
        },
      },
    ]);
    const ageSeconds = Date.now() / 1000 - Records[0].dynamodb.ApproximateCreationDateTime;
    expect(Math.abs(ageSeconds)).toBeLessThan(60);
  });

  it('gathers records for the batching window', async () => {
    const table = await aTable();
    startMapping(table, { source: { maximumBatchingWindowSeconds: 1 } });

    await write(table, ['first']);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await write(table, ['second']);

    await delivered(table, 2);
    expect(await linesOf(table, 'attempts')).toEqual(['2']);
  });

  it('bisects a poison record out to the failure destination and delivers all others', async () => {
    const table = await aTable();
    const ids = numbered('good', 1_000).with(617, 'poison');
    const written = await write(table, ids);

    const mapping = startMapping(table);
    const lines = await delivered(table, 999);
    await caughtUp(mapping);

    expect(lines).toEqual(written.filter((line) => !line.startsWith('poison')));
    expect((await linesOf(table, 'attempts')).length).toBeLessThan(40);
    expect(mapping.status()).toMatchObject({ behindMs: 0, failures: 1 });
    const [failure] = await failuresOf(table);
    expect(failure).toMatchObject({
      requestContext: { condition: 'RetryAttemptsExhausted', approximateInvokeCount: 3 },
      DDBStreamBatchInfo: { batchSize: 1, startSequenceNumber: '618', endSequenceNumber: '618' },
      lastError: 'TypeError: poisoned',
    });
    const { Records } = JSON.parse(String(failure?.['payload']));
    expect(Records[0].dynamodb.NewImage.equipmentId).toEqual({ S: 'poison' });
  });

  async function failuresOf({ dataDir }: Table): Promise<Record<string, unknown>[]> {
    const folder = join(dataDir, 'failures');
    const files = await readdir(folder);
    const modes = await Promise.all(files.map(async (file) => stat(join(folder, file))));
    expect(modes.map(({ mode }) => mode % 0o1000)).toEqual(files.map(() => 0o600));
    return Promise.all(
      files.map(async (file) => JSON.parse(await readFile(join(folder, file), 'utf8'))),
    );
  }

  it('goes on at the lowest record that the function reported', async () => {
    const table = await aTable();
    const written = await write(table, numbered('good', 100).with(40, 'fails-once'));

    startMapping(table);
    const lines = await delivered(table, 100);

    expect(lines).toEqual(written);
    expect(await linesOf(table, 'attempts')).toEqual(['100', '60']);
  });

  it('gives up a batch that it may not split after its retries, and goes on behind it', async () => {
    const table = await aTable();
    await write(table, ['good', 'poison', 'good-too']);
    const source = { bisectBatchOnFunctionError: false, maximumRetryAttempts: 3 };

    const mapping = startMapping(table, { source });
    await eventually(() => mapping.status().failures === 1, 'a discarded batch');
    await write(table, ['behind']);
    const lines = await delivered(table, 1);

    expect(lines).toEqual(['behind T00000']);
    expect(await linesOf(table, 'attempts')).toEqual(['3', '3', '3', '3', '1']);
    const [failure] = await failuresOf(table);
    expect(failure).toMatchObject({ DDBStreamBatchInfo: { batchSize: 3 } });
  });

  it('delivers a batch again whose function crashed', async () => {
    const table = await aTable();
    const [line] = await write(table, ['crashes']);

    startMapping(table);
    const lines = await delivered(table, 2);

    expect(lines).toEqual([line, line]);
  });

  it('resumes at its checkpoint', async () => {
    const table = await aTable();
    await write(table, numbered('before', 50));
    const first = startMapping(table);
    await delivered(table, 50);
    await first.stop();
    const between = await write(table, numbered('between', 50));

    startMapping(table);
    const lines = await delivered(table, 100);

    expect(lines.slice(50)).toEqual(between);
    expect(lines).toHaveLength(100);
  });

  it('lets the running invocation end when it is stopped, and keeps its result', async () => {
    const table = await aTable();
    await write(table, ['slow']);
    const mapping = startMapping(table);
    await eventually(async () => (await linesOf(table, 'attempts')).length > 0, 'an invocation');

    await mapping.stop();

    expect(await linesOf(table, 'delivered')).toEqual(['slow T00000']);
    expect(Object.values(mapping.status().checkpoint)).toEqual(['1']);
  });

  it.each<[string, (saved: SavedCheckpoint) => string]>([
    [
      'the record of its checkpoint has vanished',
      ({ streamArn, shards }) => {
        const vanished = Object.keys(shards).map((id) => [id, { sequenceNumber: '999' }]);
        return JSON.stringify({ streamArn, shards: Object.fromEntries(vanished) });
      },
    ],
    [
      'the stream is another one',
      ({ streamArn, shards }) => JSON.stringify({ streamArn: `${streamArn}-older`, shards }),
    ],
    ['the checkpoint cannot be read', () => '{"streamArn":'],
  ])('reads everything when %s', async (_, spoil) => {
    const table = await aTable();
    const written = await write(table, ['one', 'two']);
    const first = startMapping(table);
    await delivered(table, 2);
    await first.stop();
    const path = join(table.dataDir, 'checkpoints', 'aggregation.json');
    await writeFile(path, spoil(JSON.parse(await readFile(path, 'utf8'))));

    startMapping(table);
    const lines = await delivered(table, 4);

    expect(lines).toEqual([...written, ...written]);
  });

  interface SavedCheckpoint {
    readonly streamArn: string;
    readonly shards: Record<string, unknown>;
  }

  it('goes on when the store is killed and comes back', async () => {
    const own = await startEmbeddedStore();
    const table = await aTable(own);
    const before = await write(table, numbered('before', 20), own);
    const mapping = startMapping(table, { streams: own.streams });
    await delivered(table, 20);
    process.kill(own.running.pid, 'SIGKILL');
    await own.running.exited;
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { port } = own.running;

    const again = await startDynoxide({
      binary: DYNOXIDE,
      dbPath: own.dbPath,
      port,
      host: '127.0.0.1',
    });
    const after = await write(table, numbered('after', 20), own);
    const lines = await delivered(table, 40);

    expect(lines).toEqual([...before, ...after]);
    await mapping.stop();
    await again.stop();
    await own.close();
  });

  it('reads a shard after the one that it was split from', async () => {
    const stream = await startSplitStream();
    const dataDir = await temporaryFolder();
    const table = { name: 'split', dataDir };

    const mapping = startMapping(table, { streams: clientsFor(stream.url).streams });
    const lines = await delivered(table, 6);

    expect(lines.slice(0, 2)).toEqual(['parent T0', 'parent T1']);
    expect(lines.slice(2).toSorted()).toEqual(['left T0', 'left T1', 'right T0', 'right T1']);
    expect(mapping.status().checkpoint).toMatchObject({ 'shard-parent': '99', 'shard-left': '99' });
    await mapping.stop();
    stream.close();
    await rm(dataDir, { recursive: true });
  });
});

/** The streams API of a table whose shard was split in two, children listed first, which dynoxide never has. */
async function startSplitStream(): Promise<{ url: string; close: () => void }> {
  const arn = 'arn:aws:dynamodb:eu-central-1:000000000000:table/split/stream/2026';
  const record = (shard: string, index: number): unknown => ({
    eventName: 'INSERT',
    eventSource: 'aws:dynamodb',
    dynamodb: {
      // Grows by a digit, as AWS's do: neither strings nor doubles order it.
      SequenceNumber: ['100', '99'].toReversed()[1 - index],
      Keys: { equipmentId: { S: shard }, block: { S: `T${index}` } },
    },
  });
  const shard = (name: string, parent?: string): unknown => ({
    ShardId: `shard-${name}`,
    ...(parent !== undefined && { ParentShardId: `shard-${parent}` }),
  });
  const answers: Record<string, (input: Record<string, string>) => unknown> = {
    ListStreams: () => ({ Streams: [{ StreamArn: arn, StreamLabel: '2026', TableName: 'split' }] }),
    DescribeStream: ({ ExclusiveStartShardId }) => ({
      StreamDescription:
        ExclusiveStartShardId === undefined
          ? {
              Shards: [shard('left', 'parent'), shard('right', 'parent')],
              LastEvaluatedShardId: 'x',
            }
          : { Shards: [shard('parent', 'long-gone')] },
    }),
    GetShardIterator: ({ ShardId = '' }) => ({ ShardIterator: `${ShardId.slice(6)} 0` }),
    GetRecords: ({ ShardIterator = '' }) => {
      const [name = '', index = ''] = ShardIterator.split(' ');
      const Records = [record(name, Number(index))];
      return index === '0' ? { Records, NextShardIterator: `${name} 1` } : { Records };
    },
  };
  const server = createServer((request, response) => {
    void (async () => {
      const body = await text(request);
      const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
      response.setHeader('content-type', 'application/x-amz-json-1.0');
      response.end(JSON.stringify(answers[operation]?.(JSON.parse(body))));
    })();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A queue in memory that keeps to the port's contract. */
class InMemoryMessages implements MessageSource {
  readonly buried: { body: string; reason: string }[] = [];
  readonly visibilities: number[] = [];
  private readonly messages = new Map<string, { message: QueuedMessage; visibleAtMs: number }>();

  add(body: string, receiveCount = 0): void {
    const messageId = `m-${this.messages.size + 1}`;
    const receiptHandle = `r-${messageId}`;
    const message = {
      messageId,
      receiptHandle,
      body,
      receiveCount,
      sentAtEpochMs: 1_700_000_000_000,
    };
    this.messages.set(receiptHandle, { message, visibleAtMs: 0 });
  }

  receive(max: number, visibilityTimeoutSeconds: number): readonly QueuedMessage[] {
    const now = Date.now();
    const visible = [...this.messages.values()].filter(({ visibleAtMs }) => visibleAtMs <= now);
    const visibleAtMs = now + visibilityTimeoutSeconds * 1000;
    for (const { message } of visible.slice(0, max)) {
      const received = { ...message, receiveCount: message.receiveCount + 1 };
      this.messages.set(message.receiptHandle, { message: received, visibleAtMs });
    }
    const handles = visible.slice(0, max).map(({ message }) => message.receiptHandle);
    return handles.flatMap((handle) => this.messages.get(handle)?.message ?? []);
  }

  delete(receiptHandle: string): void {
    this.messages.delete(receiptHandle);
  }

  changeVisibility(receiptHandle: string, seconds: number): void {
    this.visibilities.push(seconds);
    const entry = this.messages.get(receiptHandle);
    if (entry !== undefined) entry.visibleAtMs = Date.now() + seconds * 1000;
  }

  deadLetter(receiptHandle: string, reason: string): void {
    this.buried.push({ body: this.messages.get(receiptHandle)?.message.body ?? '', reason });
    this.messages.delete(receiptHandle);
  }

  get isEmpty(): boolean {
    return this.messages.size === 0;
  }

  get size(): number {
    return this.messages.size;
  }
}

const SOURCE = {
  ...UPLOADS_QUEUE_SOURCE,
  batchSize: 10,
  maxReceiveCount: 3,
  visibilityTimeoutSeconds: 0.5,
};

describe('a queue mapping', () => {
  let folder: string;
  let functions: FunctionProcess;
  let messages: InMemoryMessages;
  let mapping: QueueMapping;

  beforeEach(async () => {
    folder = await temporaryFolder();
    messages = new InMemoryMessages();
    functions = new FunctionProcess({
      environment: { EVENTS_FILE: join(folder, 'events') },
      log: () => undefined,
    });
    const importer = { name: 'importer', modulePath: fixture('recording-function.mjs') };
    mapping = new QueueMapping({
      name: 'uploads',
      queueArn: 'arn:aws:sqs:eu-central-1:000000000000:uploads',
      awsRegion: 'eu-central-1',
      messages,
      source: SOURCE,
      invokers: [functions.newWorker(importer)],
      retryPauseSeconds: { first: 0.01, longest: 0.02 },
    });
  });

  afterEach(async () => {
    await mapping.stop();
    await functions.close();
    await rm(folder, { recursive: true });
  });

  async function deliveredBodies(): Promise<string[][]> {
    const content = await readFile(join(folder, 'events'), 'utf8').catch(() => '');
    const events = content.split('\n').filter((line) => line !== '');
    return events.map((line) => JSON.parse(line).Records.map((r: { body: string }) => r.body));
  }

  it("hands messages over in the shape of Lambda's event and deletes those that are done", async () => {
    messages.add('{"Records":[]}');

    mapping.start();
    await eventually(() => messages.isEmpty, 'an empty queue');

    const event = JSON.parse(await readFile(join(folder, 'events'), 'utf8'));
    expect(event).toEqual({
      Records: [
        {
          messageId: 'm-1',
          receiptHandle: 'r-m-1',
          body: '{"Records":[]}',
          attributes: { ApproximateReceiveCount: '1', SentTimestamp: '1700000000000' },
          messageAttributes: {},
          md5OfBody: '4166b95044745e0c1033678bdad8d7de',
          eventSource: 'aws:sqs',
          eventSourceARN: 'arn:aws:sqs:eu-central-1:000000000000:uploads',
          awsRegion: 'eu-central-1',
        },
      ],
    });
    expect(messages.buried).toEqual([]);
  });

  it('delivers again only what was reported, and buries it after its last delivery', async () => {
    messages.add('fine');
    messages.add('report');

    mapping.start();
    await eventually(() => messages.isEmpty, 'an empty queue');

    expect(await deliveredBodies()).toEqual([['fine', 'report'], ['report'], ['report']]);
    expect(messages.buried).toEqual([
      { body: 'report', reason: 'failed 3 times, last: reported as failed, or without an end' },
    ]);
    // When it comes back is said by the queue and by the function.
    expect(messages.visibilities).toEqual([]);
  });

  it.each(['throw', 'report-unknown'])('delivers all again after %s', async (body) => {
    messages.add(body);
    messages.add('fine');

    mapping.start();
    await eventually(() => messages.isEmpty, 'an empty queue');

    expect(await deliveredBodies()).toEqual([
      [body, 'fine'],
      [body, 'fine'],
      [body, 'fine'],
    ]);
    expect(messages.buried.map((buried) => buried.body)).toEqual([body, 'fine']);
  });

  it('buries a message whose deliveries were used up without an end', async () => {
    messages.add('fine', 3);
    messages.add('also fine', 2);

    mapping.start();
    await eventually(() => messages.isEmpty, 'an empty queue');

    expect(await deliveredBodies()).toEqual([['also fine']]);
    expect(messages.buried.map(({ body }) => body)).toEqual(['fine']);
  });

  it('works on as many batches at a time as it has invokers, and on no more', async () => {
    const running = new Set<string>();
    let most = 0;
    const release: (() => void)[] = [];
    const slow = (name: string): FunctionInvoker => ({
      functionName: name,
      invoke: async (event) => {
        const key = `${name} ${JSON.stringify(event)}`;
        running.add(key);
        most = Math.max(most, running.size);
        await new Promise<void>((resolve) => release.push(resolve));
        running.delete(key);
        return { ok: true, result: { batchItemFailures: [] } };
      },
    });
    for (const body of ['1', '2', '3', '4', '5']) messages.add(body);
    const sideBySide = new QueueMapping({
      name: 'uploads',
      queueArn: 'arn:aws:sqs:eu-central-1:000000000000:uploads',
      awsRegion: 'eu-central-1',
      messages,
      source: { ...SOURCE, batchSize: 1, visibilityTimeoutSeconds: 60 },
      invokers: [slow('one'), slow('two')],
    });

    sideBySide.start();
    while (!messages.isEmpty) {
      await delay(5);
      if (running.size === 2 || messages.size < 2) release.shift()?.();
    }
    await sideBySide.stop();

    expect(most).toBe(2);
  });

  it('delivers a failed message again when the function says so, not when the queue would', async () => {
    const seen: number[] = [];
    const impatient: FunctionInvoker = {
      functionName: 'importer',
      invoke: async () => {
        seen.push(performance.now());
        messages.changeVisibility('r-m-1', 0.05);
        await Promise.resolve();
        return { ok: true, result: { batchItemFailures: [{ itemIdentifier: 'm-1' }] } };
      },
    };
    messages.add('report');
    const patient = new QueueMapping({
      name: 'uploads',
      queueArn: 'arn:aws:sqs:eu-central-1:000000000000:uploads',
      awsRegion: 'eu-central-1',
      messages,
      source: { ...SOURCE, visibilityTimeoutSeconds: 5400 },
      invokers: [impatient],
    });

    patient.start();
    await eventually(() => messages.isEmpty, 'an empty queue');
    await patient.stop();

    expect(seen).toHaveLength(3);
    expect(messages.buried.map(({ body }) => body)).toEqual(['report']);
  });
});
