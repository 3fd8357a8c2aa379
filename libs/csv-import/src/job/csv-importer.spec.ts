import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { readFileSync } from 'node:fs';
import { DomainError, instantFromEpochMs } from '@sensorflow/kernel';
import {
  MetricNameLimit,
  Retention,
  type ReadingWriter,
  type WriteOutcome,
} from '@sensorflow/sensor-data';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { ALL_THE_TIME, ImportWorkbench } from '../../../../test/support/import-workbench.js';
import { InMemoryMetricNames } from '../../../../test/support/in-memory-metric-names.js';
import { InMemoryUploadStorage } from '../../../../test/support/in-memory-upload-storage.js';
import { mortalPorts } from '../../../../test/support/mortal-ports.js';
import { START } from './import-record.js';
import { MAX_EQUIPMENT } from '../grammar/equipment-table.js';
import type { ObjectVersion } from './upload-storage.js';

setFlagsFromString('--expose-gc');
/** Whole files are imported, on a machine that may be busy. */
vi.setConfig({ testTimeout: 60_000 });
const collectGarbage: () => void = runInNewContext('gc');

const HEAD = 'equipmentId,timestamp,value\n';
const T = (minute: number): string => new Date(Date.UTC(2023, 0, 1, 0, minute)).toISOString();
const rows = (count: number, from = 0): string =>
  Array.from({ length: count }, (_, i) => `EQ-1,${T(from + i)},${from + i}\n`).join('');
const SMALL = { pieceBytes: 256, maxBatchRows: 10, checkpointMs: 0 };

describe('importing real files', () => {
  it.each([
    ['machine-temperature.csv', 22_695, 22_683],
    ['ambient-temperature.csv', 7_267, 7_267],
  ])('takes every row of %s', async (name, total, distinct) => {
    const bench = new ImportWorkbench();
    const file = readFileSync(`test/data/${name}`);

    const record = await bench.importFile(file, { fileName: name });

    expect(record).toMatchObject({ status: 'completed', failure: undefined });
    expect(record.checkpoint.rows).toEqual({ total, accepted: total, rejected: 0 });
    expect(record.checkpoint.bytesProcessed).toBe(file.length);
    expect(await bench.readings()).toHaveLength(distinct);
  });

  it('changes nothing when a file is imported twice', async () => {
    const bench = new ImportWorkbench();
    const file = readFileSync('test/data/ambient-temperature.csv');
    const first = await bench.importFile(file);
    const readings = await bench.readings();

    const second = await bench.importFile(file);

    expect(second.checkpoint.rows).toEqual(first.checkpoint.rows);
    expect(await bench.readings()).toEqual(readings);
  });
});

/** Its file stands still behind a third, until told to go on. */
class StandingStorage extends InMemoryUploadStorage {
  private readonly stop = Promise.withResolvers<void>();
  private readonly start = Promise.withResolvers<void>();
  readonly standsStill = this.stop.promise;
  readonly goOn = this.start.resolve;
  override readonly chunkSizes = [256];

  override async open(object: ObjectVersion, offset: number): Promise<AsyncIterable<Uint8Array>> {
    const chunks = await super.open(object, offset);
    const { stop, start } = this;
    return (async function* () {
      let count = 0;
      for await (const chunk of chunks) {
        count += 1;
        if (count === 4) {
          stop.resolve();
          await start.promise;
        }
        yield chunk;
      }
    })();
  }
}

/** Counts the files that are opened and closed again. */
class WatchedStorage extends InMemoryUploadStorage {
  opened = 0;
  closed = 0;
  override readonly chunkSizes = [256];

  override async open(object: ObjectVersion, offset: number): Promise<AsyncIterable<Uint8Array>> {
    const chunks = await super.open(object, offset);
    const close = () => (this.closed += 1);
    this.opened += 1;
    return (async function* () {
      try {
        yield* chunks;
      } finally {
        close();
      }
    })();
  }
}

describe('deliveries', () => {
  it('does nothing for a finished import', async () => {
    const bench = new ImportWorkbench();
    const request = await bench.upload(HEAD + rows(5));
    await bench.run(request);
    const record = await bench.record(request.uploadId);

    const again = await bench.run(request);

    expect(again).toBe('already-finished');
    expect(await bench.record(request.uploadId)).toBe(record);
  });

  it('ignores an object that nobody opened an import for', async () => {
    const bench = new ImportWorkbench();
    const uploadId = '00000000-0000-7000-8000-00000000dead';
    const etag = bench.storage.put(uploadId, Buffer.from(HEAD));

    const outcome = await bench.run({ uploadId, messageId: 'm', object: { etag, bytes: 28 } });

    expect(outcome).toBe('not-an-import');
  });

  it('ends with the same counts and readings however many runs work on one file at once', async () => {
    const file = HEAD + rows(300) + `EQ-1,${T(3)},broken\n` + rows(300, 200);
    const alone = new ImportWorkbench();
    await alone.importFile(file);
    const bench = new ImportWorkbench();
    bench.storage.chunkSizes = [100];
    const request = await bench.upload(file);

    const outcomes = await Promise.all(
      ['a', 'b', 'c', 'd'].map((messageId) =>
        bench.importer(SMALL).run({ ...request, messageId }, ALL_THE_TIME),
      ),
    );

    expect(outcomes.filter((outcome) => outcome === 'finished')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'superseded')).toHaveLength(3);
    const { checkpoint } = await bench.record(request.uploadId);
    expect(checkpoint.rows).toEqual({ total: 601, accepted: 600, rejected: 1 });
    expect(await bench.readings()).toEqual(await alone.readings());
    expect(bench.reportRows(request.uploadId)).toHaveLength(1);
  });

  it('keeps a message in the queue whose run was superseded by a second delivery of that message', async () => {
    const bench = new ImportWorkbench();
    bench.storage.chunkSizes = [100];
    const request = await bench.upload(HEAD + rows(300));
    const importer = bench.importer(SMALL);
    const first = importer.run(request, ALL_THE_TIME);
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();

    const second = importer.run(request, ALL_THE_TIME);

    expect(await first).toBe('contested');
    expect(await second).toBe('finished');
  });

  it('lets a run whose file stood still write nothing after another one took over', async () => {
    const bench = new ImportWorkbench();
    const file = `${HEAD}${rows(60)}EQ-1,${T(20)},700\n`;
    const request = await bench.upload(file);
    const storage = new StandingStorage();
    storage.put(request.uploadId, Buffer.from(file));
    const standing = bench.importer(SMALL, { storage }).run(request, ALL_THE_TIME);
    await storage.standsStill;

    const successor = { ...request, messageId: 'message-2' };
    expect(await bench.run(successor, SMALL)).toBe('finished');
    const { length } = bench.store.putCalls;
    bench.clock.advance(20_000);
    storage.goOn();

    expect(await standing).toBe('superseded');
    expect(bench.store.putCalls).toHaveLength(length);
    expect(await bench.readings()).toContain(
      `EQ-1 ${instantFromEpochMs(Date.parse(T(20)))} value=700`,
    );
  });
});

describe('a header that cannot be read', () => {
  it.each([
    ['a,b\nx,1\n', {}, 1, 'a,b'],
    ['Cellar\n\ntimestamp;T;T\n', { equipmentId: 'EQ-1' }, 3, 'timestamp;T;T'],
    ['Cellar\na;b\n', { headerLine: 2 }, 2, 'a;b'],
    ['Cellar\na;b,c\n', { headerLine: 2 }, 2, 'a;b,c'],
  ])('is named with its line: %j', async (file, options, line, text) => {
    const { failure } = await new ImportWorkbench().importFile(file, { options });

    expect(failure?.detail).toMatch(
      new RegExp(`The header line is taken to be line ${line}: ${text}$`),
    );
  });

  it('is named in no more words than somebody reads', async () => {
    const file = `timestamp,${'T'.repeat(5000)}\n`;

    const { failure } = await new ImportWorkbench().importFile(file);

    expect(failure?.detail).toMatch(/line 1: timestamp,T+…$/);
    expect(failure?.detail.length).toBeLessThan(700);
  });

  it('is named by no line where the options name the columns', async () => {
    const options = { headerLine: 0, names: ['a', 'b'] };

    const { failure } = await new ImportWorkbench().importFile('1,2\n', { options });

    expect(failure).toMatchObject({ code: 'header-missing-column' });
    expect(failure?.detail).not.toMatch(/taken/);
  });
});

describe('the limits of a run', () => {
  it('hands the rest over when its time runs out, until the file is done', async () => {
    const bench = new ImportWorkbench();
    const request = await bench.upload(`${HEAD}x,y,z\n${rows(200)}`);
    const importer = bench.importer(SMALL);
    let ticks = 0;
    const threeBlocks = (): number => (++ticks % 4 === 0 ? 0 : 900_000);

    const outcomes = [await importer.run(request, threeBlocks)];
    for (let id = bench.queue.continued.shift(); id; id = bench.queue.continued.shift()) {
      const continuation = { uploadId: id, messageId: `next-${ticks}`, object: undefined };
      outcomes.push(await importer.run(continuation, threeBlocks));
    }

    expect(outcomes.at(-1)).toBe('finished');
    expect(outcomes.filter((outcome) => outcome === 'handed-over').length).toBeGreaterThan(5);
    const record = await bench.record(request.uploadId);
    expect(record.checkpoint.rows).toEqual({ total: 201, accepted: 200, rejected: 1 });
    expect(record.runs).toBe(outcomes.length);
  });

  it('counts rejected rows that no longer fit into the report, and says how many', async () => {
    const bench = new ImportWorkbench();
    const request = await bench.upload(HEAD + rows(1) + 'EQ-1,never,1\n'.repeat(100));

    await bench.run(request, { ...SMALL, maxReportBytes: 1000 });

    const report = bench.reportRows(request.uploadId);
    expect((await bench.record(request.uploadId)).checkpoint.rows.rejected).toBe(100);
    expect(report.at(-1)).toEqual([
      '',
      'report-full',
      `${101 - report.length} more rows with faults are not listed.`,
    ]);
    expect(report.length).toBeGreaterThan(5);
  });

  it('keeps its memory whatever the size of the file', async () => {
    const bench = new ImportWorkbench();
    const line = (n: number) => `EQ-1,${T(n)},${n},"${'x'.repeat(2000)}"\n`;
    const chunk = Buffer.from(Array.from({ length: 500 }, (_, n) => line(n)).join(''));
    const header = Buffer.from('equipmentId,timestamp,value,_note\n');
    const chunks = Math.ceil((300 * 1024 * 1024) / chunk.length);
    const request = await bench.upload('', { options: { dryRun: true } });
    const bytes = header.length + chunks * chunk.length;
    let settled = 0;
    let peak = 0;
    class GeneratedFile extends InMemoryUploadStorage {
      override async open(): Promise<AsyncIterable<Uint8Array>> {
        await Promise.resolve();
        return (async function* () {
          yield header;
          for (let n = 0; n < chunks; n += 1) {
            // The first third warms up: caches and buffers find their size.
            if (n < chunks / 3) settled = Math.max(settled, n % 10 === 0 ? liveBytes() : 0);
            else peak = Math.max(peak, n % 10 === 0 ? liveBytes() : 0);
            await Promise.resolve();
            yield chunk;
          }
        })();
      }
    }

    const importer = bench.importer({}, { storage: new GeneratedFile() });
    await importer.run({ ...request, object: { etag: 'e', bytes } }, ALL_THE_TIME);

    const { rows: counts } = (await bench.record(request.uploadId)).checkpoint;
    expect(counts).toEqual({ total: chunks * 500, accepted: chunks * 500, rejected: 0 });
    expect((peak - settled) / 1024 / 1024).toBeLessThan(20);
  }, 60_000);
});

/** What is really held: RSS would also count what the collector has not got round to yet. */
function liveBytes(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Gives up the first call when the second one is under way, which takes longer. */
class FailingWriter implements Pick<ReadingWriter, 'writeBlocks'> {
  underWay = 0;
  private calls = 0;

  async writeBlocks(blocks: readonly unknown[]): Promise<readonly WriteOutcome[]> {
    this.calls += 1;
    const isFirst = this.calls === 1;
    this.underWay += 1;
    await new Promise((resolve) => setTimeout(resolve, isFirst ? 5 : 50));
    this.underWay -= 1;
    if (isFirst) throw new DomainError('unavailable', 'shutting-down', 'Closed.');
    return blocks.map(() => ({ outcome: 'stored', registerTime: instantFromEpochMs(0) }));
  }
}

describe('trouble on the way', () => {
  it('reads on behind the last byte when a stream breaks off', async () => {
    const bench = new ImportWorkbench();
    const file = HEAD + rows(200);
    const request = await bench.upload(file);
    const opened: number[] = [];
    const flaky = new Proxy(bench.storage, {
      get: (target, name) =>
        name !== 'open'
          ? Reflect.get(target, name).bind(target)
          : async (...[version, offset]: Parameters<typeof target.open>) => {
              opened.push(offset);
              const all = await target.open(version, offset);
              return (async function* () {
                for await (const chunk of all) {
                  yield chunk.subarray(0, 1000);
                  throw new Error('ECONNRESET');
                }
              })();
            },
    });

    await bench.importer(SMALL, { storage: flaky }).run(request, ALL_THE_TIME);

    expect(opened.slice(0, 3)).toEqual([0, 1000, 2000]);
    const { rows: counts } = (await bench.record(request.uploadId)).checkpoint;
    expect(counts).toEqual({ total: 200, accepted: 200, rejected: 0 });
  });

  it('fails an import whose file was replaced or is gone, and keeps what was imported', async () => {
    const bench = new ImportWorkbench();
    const file = HEAD + rows(100);
    const request = await bench.upload(file);
    const killed = bench.importer(SMALL, mortalPorts(bench.ports, 40));
    await expect(killed.run(request, ALL_THE_TIME)).rejects.toThrow('step');
    bench.storage.put(request.uploadId, Buffer.from(file.toLowerCase()));

    await bench.run(request);

    const record = await bench.record(request.uploadId);
    expect(record).toMatchObject({ status: 'failed', failure: { code: 'file-replaced' } });
    expect(record.checkpoint.rows.accepted).toBeGreaterThan(0);
    expect(record.checkpoint.rows.accepted).toBeLessThan(100);
    const gone = await bench.upload(file);
    bench.storage.remove(gone.uploadId);
    await bench.run(gone);
    expect((await bench.record(gone.uploadId)).failure?.code).toBe('file-missing');
  });

  it('leaves an import to a later run when the store does not confirm, and counts nothing twice', async () => {
    const bench = new ImportWorkbench();
    const request = await bench.upload(HEAD + rows(100));
    bench.store.failPuts((_, call) => (call > 1 ? 'not-stored' : undefined));

    await expect(bench.run(request, SMALL)).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'readings-unconfirmed',
    });

    expect((await bench.record(request.uploadId)).status).toBe('importing');
    bench.store.failPuts(() => undefined);
    expect(await bench.run(request, SMALL)).toBe('finished');
    const { rows: counts } = (await bench.record(request.uploadId)).checkpoint;
    expect(counts).toEqual({ total: 100, accepted: 100, rejected: 0 });
  });

  it('has nothing on its way any more when it fails', async () => {
    const bench = new ImportWorkbench();
    const request = await bench.upload(HEAD + rows(20));
    const readings = new FailingWriter();

    await expect(
      bench.importer(SMALL, { readings }).run(request, ALL_THE_TIME),
    ).rejects.toMatchObject({ code: 'shutting-down' });

    expect(readings.underWay).toBe(0);
    expect((await bench.record(request.uploadId)).lease?.released).toBe(true);
  });

  it('closes the file when it fails', async () => {
    const bench = new ImportWorkbench();
    const storage = new WatchedStorage();
    // More than what is looked at for its header.
    const file = Buffer.from(HEAD + rows(4000));
    const request = await bench.upload(file);
    storage.put(request.uploadId, file);
    const readings = new FailingWriter();

    const run = bench.importer(SMALL, { readings, storage }).run(request, ALL_THE_TIME);

    await expect(run).rejects.toMatchObject({ code: 'shutting-down' });
    expect(storage).toMatchObject({ opened: 1, closed: 1 });
  });

  it('reports rows that the store refuses, as the file has them', async () => {
    const minute = (n: number): string => `15.02.2023 00:${String(n).padStart(2, '0')}`;
    const file = Array.from({ length: 60 }, (_, n) =>
      n % 20 === 13
        ? `EQ-2;${minute(n)};" 00${n},50";'x\n`
        : `EQ-1;${minute(n)};${n},5;\n${n % 20 === 7 ? 'EQ-1;bald;1;\n' : ''}`,
    ).join('');
    const options = {
      timestampFormat: 'dd.MM.yyyy HH:mm',
      timezone: 'Europe/Berlin',
      decimal: ',',
    } as const;
    for (const [fileName, bytes] of [
      ['a.csv', Buffer.from(`equipmentId;timestamp;value;_n\n${file}`)],
      ['a.csv.gz', gzipSync(`equipmentId;timestamp;value;_n\n${file}`)],
    ] as const) {
      const bench = new ImportWorkbench();
      bench.store.failPuts(({ equipmentId }) => (equipmentId === 'EQ-2' ? 'refused' : undefined));
      const request = await bench.upload(bytes, { fileName, options });

      await bench.run(request, { ...SMALL, maxBatchRows: 10 });

      const { checkpoint } = await bench.record(request.uploadId);
      expect(checkpoint.rows).toEqual({ total: 63, accepted: 57, rejected: 6 });
      expect(bench.reportRows(request.uploadId, ';')).toEqual(
        [0, 20, 40].flatMap((n, turn) => [
          [
            String(n + 10 + turn),
            'timestamp-malformed',
            expect.any(String),
            'EQ-1',
            'bald',
            '1',
            '',
          ],
          [
            String(n + 16 + turn),
            'reading-not-storable',
            'The store cannot hold this reading.',
            'EQ-2',
            minute(n + 13),
            ` 00${n + 13},50`,
            "'x",
          ],
        ]),
      );
    }
  });
});

describe('a file of many equipment', () => {
  it('is imported to its end when there are more of them than an importer numbers at a time', async () => {
    const bench = new ImportWorkbench();
    const count = MAX_EQUIPMENT + 1000;
    const file = Array.from({ length: count }, (_, n) => `EQ-${n},${T(n)},${n}\n`).join('');

    const record = await bench.importFile(HEAD + file);

    expect(record.status).toBe('completed');
    expect(record.checkpoint.rows).toEqual({ total: count, accepted: count, rejected: 0 });
    for (const n of [0, MAX_EQUIPMENT - 1, MAX_EQUIPMENT, count - 1]) {
      expect(bench.store.all(`EQ-${n}`).map(({ columns }) => columns?.get('value'))).toEqual([
        String(n),
      ]);
    }
  });
});

describe('the readings', () => {
  it('lets the later row of a key stand, also across blocks and runs', async () => {
    const bench = new ImportWorkbench();
    const request = await bench.upload(`${HEAD}${rows(50)}EQ-1,${T(7)},700\nEQ-1,${T(7)},701\n`);

    await bench.run(request, SMALL);

    expect(await bench.readings()).toContain(
      `EQ-1 ${instantFromEpochMs(Date.parse(T(7)))} value=701`,
    );
    expect((await bench.record(request.uploadId)).checkpoint.rows.accepted).toBe(52);
  });

  it('turns a wide file into readings of several metrics, an empty cell into none', async () => {
    const bench = new ImportWorkbench();

    await bench.importFile(
      `equipmentId,timestamp,temperature,pressure\nEQ-1,${T(1)},75.5,2.3\nEQ-1,${T(2)},,2.4\n`,
    );

    expect(await bench.readings()).toEqual([
      `EQ-1 ${instantFromEpochMs(Date.parse(T(1)))} temperature=75.5 pressure=2.3`,
      `EQ-1 ${instantFromEpochMs(Date.parse(T(2)))} pressure=2.4`,
    ]);
  });

  it('reads local times in the zone that the import names', async () => {
    const bench = new ImportWorkbench();
    const times = [
      '2022-07-01T12:00:00',
      '2022-01-01 12:00:00.5',
      '2022-10-30T03:00:00',
      '2022-10-30T01:59:59',
    ];

    await bench.importFile(HEAD + times.map((time, i) => `EQ-${i},${time},1\n`).join(''), {
      options: { timezone: 'Europe/Berlin' },
    });

    expect((await bench.readings()).map((reading) => reading.split(' ')[1])).toEqual([
      '2022-07-01T10:00:00.000000000Z',
      '2022-01-01T11:00:00.500000000Z',
      '2022-10-30T02:00:00.000000000Z',
      '2022-10-29T23:59:59.000000000Z',
    ]);
  });

  it('reads zones whose clocks shift by half an hour or stood seconds apart', async () => {
    const bench = new ImportWorkbench();
    await bench.importFile(`${HEAD}EQ-1,1970-06-01T00:00:00,1\n`, {
      options: { timezone: 'Africa/Monrovia' },
    });
    const lordHowe = await bench.importFile(
      `${HEAD}EQ-2,2022-04-03T01:45:00,1\nEQ-3,2022-04-03T01:15:00,1\n`,
      { options: { timezone: 'Australia/Lord_Howe' } },
    );

    expect(
      (await bench.readings()).map((reading) => reading.split(' ').slice(0, 2).join(' ')),
    ).toEqual(['EQ-1 1970-06-01T00:44:30.000000000Z', 'EQ-3 2022-04-02T14:15:00.000000000Z']);
    expect(bench.reportRows(lordHowe.uploadId)[0]?.[1]).toBe('timestamp-ambiguous');
  });

  it('writes nothing in a dry run, and counts the same', async () => {
    const bench = new ImportWorkbench();

    const record = await bench.importFile(`${HEAD}${rows(5)}x\n`, { options: { dryRun: true } });

    expect(await bench.readings()).toEqual([]);
    expect(record.status).toBe('completed-with-errors');
    expect(record.checkpoint.rows).toEqual({ total: 6, accepted: 5, rejected: 1 });
  });
});

describe('a retention', () => {
  it('rejects rows that are too old for it, local times too, and imports the others', async () => {
    const bench = new ImportWorkbench();
    const ports = { retention: Retention.ofDays(30) };
    const request = await bench.upload(
      [
        'equipmentId,timestamp,value',
        'EQ-1,2023-08-05T00:00:00Z,1',
        'EQ-1,2023-08-04T23:59:59Z,2',
        'EQ-1,2023-08-05T01:59:59,3',
        'EQ-1,2023-08-05T02:00:01,4',
      ].join('\n'),
      { options: { timezone: 'Europe/Berlin' } },
    );

    await bench.importer({}, ports).run(request, ALL_THE_TIME);

    const { checkpoint } = await bench.record(request.uploadId);
    expect(checkpoint.rows).toMatchObject({ total: 4, accepted: 2, rejected: 2 });
    expect(bench.reportRows(request.uploadId).map(([line, code]) => [line, code])).toEqual([
      ['3', 'reading-too-old'],
      ['4', 'reading-too-old'],
    ]);
  });
});

describe('the error report', () => {
  it('shows line, code, detail and the raw row, and nothing that a spreadsheet would run', async () => {
    const bench = new ImportWorkbench();
    const file = `equipmentId;timestamp;value;_note\n=cmd();${T(1)};-1,5;"say ""hi"""\nEQ-1;${T(2)};-2;+x\n`;

    const { uploadId } = await bench.importFile(file);

    const report = bench.storage.reports.get(uploadId);
    expect(report?.split('\r\n').slice(0, 1)).toEqual([
      '"_line";"_code";"_detail";"equipmentId";"timestamp";"value";"_note"',
    ]);
    expect(report).toContain(`;"'=cmd()";"${T(1)}";"-1,5";"say ""hi"""\r\n`);
    expect(bench.reportRows(uploadId, ';')[0]?.[2]).toContain('equipment id');
    expect(bench.reportRows(uploadId, ';')[0]?.[2]).toContain('value: ');
  });

  it.each([
    ['.', ['oops', '1 234'], 'A metric is a number, such as 78.42, without'],
    [',', ['oops', '1.234'], 'A metric is a number with a decimal comma, such as 78,42, without'],
  ] as const)('says what a number with "%s" is', async (decimal, cells, words) => {
    const bench = new ImportWorkbench();
    const rowsOfCells = cells.map((cell, index) => `EQ-1;${T(index)};${cell}\n`);
    const file = `equipmentId;timestamp;value\n${rowsOfCells.join('')}`;

    const { uploadId } = await bench.importFile(file, { options: { decimal } });

    const details = bench.reportRows(uploadId, ';').map(([, , detail]) => detail);
    expect(details).toEqual(cells.map(() => expect.stringContaining(`value: ${words}`)));
  });

  it('can be corrected and uploaded itself, again and again', async () => {
    const bench = new ImportWorkbench();
    const first = await bench.importFile(`${HEAD}${rows(2)}EQ-1,${T(3)},oops\nEQ-1,${T(4)},no\n`);
    const report = bench.storage.reports.get(first.uploadId) ?? '';

    const second = await bench.importFile(report.replace('oops', '3'));
    const third = await bench.importFile(
      (bench.storage.reports.get(second.uploadId) ?? '').replace('"no"', '"4"'),
    );

    expect(second.checkpoint.rows).toEqual({ total: 2, accepted: 1, rejected: 1 });
    expect(third).toMatchObject({ status: 'completed' });
    expect(await bench.readings()).toHaveLength(4);
  });

  it('can be uploaded with the options of its file, whatever the names of its columns', async () => {
    const bench = new ImportWorkbench();
    const options = {
      columns: new Map([
        ['=id', 'equipmentId'],
        ['+5V', 'volts'],
        ['@note', null],
      ]),
    };
    const file = `=id,timestamp,+5V,@note\nEQ-1,${T(1)},oops,a\n`;
    const first = await bench.importFile(file, { options });
    const report = bench.storage.reports.get(first.uploadId) ?? '';

    const second = await bench.importFile(report.replace('"oops"', '"5"'), { options });

    expect(report).toContain(`"'=id","timestamp","'+5V","'@note"`);
    expect(second).toMatchObject({ status: 'completed', failure: undefined });
    expect(await bench.readings()).toEqual([
      `EQ-1 ${instantFromEpochMs(Date.parse(T(1)))} volts=5`,
    ]);
  });

  it('leaves no parts behind', async () => {
    const bench = new ImportWorkbench();
    const request = await bench.upload(HEAD + rows(1) + 'EQ-1,never,1\n'.repeat(200));

    await bench.run(request, SMALL);

    expect(bench.storage.parts.size).toBe(0);
    expect(bench.reportRows(request.uploadId)).toHaveLength(200);
  });
});

describe('progress', () => {
  it('goes from queued over importing to the end, and the counts add up at every checkpoint', async () => {
    const bench = new ImportWorkbench();
    const request = await bench.upload(`${HEAD}${rows(100)}bad\n${rows(100, 100)}`);
    const seen: { total: number; accepted: number; rejected: number }[] = [];
    const watched = new Proxy(bench.imports, {
      get: (target, name) =>
        name !== 'saveCheckpoint'
          ? Reflect.get(target, name).bind(target)
          : async (...args: Parameters<typeof target.saveCheckpoint>) => {
              const saved = await target.saveCheckpoint(...args);
              seen.push((await bench.record(request.uploadId)).checkpoint.rows);
              return saved;
            },
    });
    const importer = bench.importer(SMALL, { imports: watched });
    expect((await bench.record(request.uploadId)).status).toBe('awaiting-upload');
    if (request.object) await bench.imports.markQueued(request.uploadId, request.object);
    expect((await bench.record(request.uploadId)).status).toBe('queued');

    await importer.run(request, ALL_THE_TIME);

    expect(seen.length).toBeGreaterThan(10);
    for (const { total, accepted, rejected } of seen) expect(total).toBe(accepted + rejected);
    expect(seen.map(({ total }) => total)).toEqual(
      seen.map(({ total }) => total).sort((a, b) => a - b),
    );
    const record = await bench.record(request.uploadId);
    expect(record.checkpoint).not.toEqual(START);
    expect(record).toMatchObject({ status: 'completed-with-errors' });
  });
});

describe('importing metric names', () => {
  const file = (n: number): string => {
    const names = Array.from({ length: 64 }, (_, i) => `m${n * 64 + i}`);
    const row = ['EQ-1', T(n), ...names.map(() => '1')];
    return `${['equipmentId', 'timestamp', ...names].join()}\n${row.join()}\n`;
  };

  it('rejects rows that bring an equipment more than 1,024 names', async () => {
    const bench = new ImportWorkbench();
    for (let n = 0; n < 16; n += 1) await bench.importFile(file(n));

    const other = file(16).split('\n')[1]?.replace('EQ-1', 'EQ-2');
    const record = await bench.importFile(`${file(16)}${other}\nx\n`);

    expect(record.checkpoint.rows).toMatchObject({ total: 3, accepted: 1, rejected: 2 });
    const report = bench.reportRows(record.uploadId).map(([line, code]) => [line, code]);
    expect(report).toEqual([
      ['2', 'too-many-metric-names'],
      ['4', 'field-count'],
    ]);
    expect(await bench.stored()).toHaveLength(17);
  });

  it('leaves the file to a later run while nobody can say how many names there are', async () => {
    const bench = new ImportWorkbench();
    const registered = new InMemoryMetricNames();
    registered.failQuestions(new Error('away'));
    const names = new MetricNameLimit(registered, bench.clock);
    const request = await bench.upload(file(0));
    const second = await bench.upload(file(1));
    await bench.importer({}, { names }).run(request, ALL_THE_TIME);

    const run = bench.importer({}, { names }).run(second, ALL_THE_TIME);

    await expect(run).rejects.toMatchObject({ kind: 'unavailable', code: 'metric-names-unknown' });
    registered.failQuestions(undefined);
    await bench.importer({}, { names }).run(second, ALL_THE_TIME);
    expect(await bench.record(second.uploadId)).toMatchObject({ status: 'completed' });
  });

  describe('that are new to many equipment at once', () => {
    const ROWS = 400;
    const plant = (): string => {
      const names = Array.from({ length: 64 }, (_, i) => `m${i}`);
      const row = (n: number) => [`EQ-${n}`, T(0), ...names.map(() => '1')].join();
      const rowTexts = Array.from({ length: ROWS }, (_, n) => row(n));
      return `${['equipmentId', 'timestamp', ...names].join()}\n${rowTexts.join('\n')}\n`;
    };

    it('waits as long as the budget of its creator demands, and rejects no row', async () => {
      const bench = new ImportWorkbench();
      const startedAtEpochMs = bench.clock.nowEpochMs();

      const record = await bench.importFile(plant());

      expect(record).toMatchObject({ status: 'completed', failure: undefined });
      expect(record.checkpoint.rows).toEqual({ total: ROWS, accepted: ROWS, rejected: 0 });
      expect(await bench.stored()).toHaveLength(ROWS);
      expect(bench.clock.nowEpochMs() - startedAtEpochMs).toBeGreaterThan(60_000);
    });

    it.each([
      ['others wait', true, ALL_THE_TIME],
      ['its time is over', false, () => 0],
    ])('hands over instead of waiting when %s, and goes on later', async (_, others, remaining) => {
      const bench = new ImportWorkbench();
      const request = await bench.upload(plant());
      bench.queue.othersWait = others;
      const runs: string[] = [];

      for (; runs.at(-1) !== 'finished' && runs.length < 100; bench.clock.advance(2000)) {
        const isFirst = runs.length === 0;
        runs.push(await bench.importer().run(request, isFirst ? remaining : ALL_THE_TIME));
      }

      expect(runs[0]).toBe('handed-over');
      expect(runs.at(-1)).toBe('finished');
      expect(await bench.stored()).toHaveLength(ROWS);
    });

    it('takes nothing from the budgets of other creators', async () => {
      const bench = new ImportWorkbench();
      await bench.importFile(plant());
      const startedAtEpochMs = bench.clock.nowEpochMs();

      await bench.importFile(file(0), { createdBy: 'bob' });

      expect(bench.clock.nowEpochMs()).toBe(startedAtEpochMs);
    });
  });
});
