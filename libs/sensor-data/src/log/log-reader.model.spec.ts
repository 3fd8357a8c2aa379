import type { Instant } from '@sensorflow/kernel';
import * as fc from 'fast-check';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { FixedClock } from '../../../../test/support/fixed-clock.js';
import { InMemoryBlockStore } from '../../../../test/support/in-memory-block-store.js';
import { Retention } from '../retention.js';
import { keysOfSpan, type KeyRange, type Span } from './block-key.js';
import type { LogRow } from './block-builder.js';
import type { LogBlock } from './block.js';
import { HourMerge, type HourPart } from './hour-merge.js';
import { HOUR_NS, hourOf, instantAt, offsetOf, type HourText } from './hour-time.js';
import { InstantHistory, type PastValue } from './instant-history.js';
import { LogReader, type LogRange } from './log-reader.js';
import { packRows } from './pack-rows.js';
import { sealRemoval, undoneMark } from './seal-removal.js';
import { compareStamps, stampInstant, type Stamp } from './stamp.js';

/**
 * Whatever was written, in whatever order it landed: every way of reading shows exactly what a fold of all
 * of it shows. SENSORFLOW_RUNS=20000 is the long form (`npm run simulate`).
 */
const RUNS = Number(process.env['SENSORFLOW_RUNS'] ?? 400);
/** Each planted fault has to be found by then. */
const MOST_RUNS = 5_000;
/** The long form takes a minute. */
const LIMIT_MS = 300_000;
const EQUIPMENT = 'EQ-1';
const HOURS: readonly HourText[] = ['2026-11-30T07', '2026-11-30T08', '2026-11-30T11'];
const IMPORT_ID = '0190a0a0-0000-7000-8000-000000000001';
const START_MICROS = 1_700_000_000_000_000;
const METRICS = ['a', 'b', 'constructor'];

interface WrittenRows {
  readonly kind: 'rows';
  readonly hour: HourText;
  readonly rows: readonly LogRow[];
  readonly stamp: Stamp;
  readonly importId?: string;
}
interface WrittenRemoval {
  readonly kind: 'removal';
  readonly hour: HourText;
  readonly firstNs: number;
  readonly lastNs: number;
  readonly metric?: string;
  readonly stamp: Stamp;
}
interface WrittenMark {
  readonly kind: 'undone';
  readonly hour: HourText;
}
type Written = WrittenRows | WrittenRemoval | WrittenMark;

/** Instants close together, on a grid, and far apart, so that blocks of all spans overlap. */
const anOffset = fc.oneof(
  fc.integer({ min: 0, max: 20 }).map((n) => n * 100_000_000),
  fc.integer({ min: 0, max: 59 }).map((n) => n * 60_000_000_000),
  fc.integer({ min: 0, max: 30 }).map((n) => 1_800_000_000_000 + n * 10_000_000_000),
  fc.constantFrom(0, 1, 999_999_999, 1_000_000_000, HOUR_NS - 1, 180_000_000_000, 180_000_000_001),
);
const aRow = fc
  .record({
    offsetNs: anOffset,
    values: fc.dictionary(fc.constantFrom(...METRICS), fc.constantFrom(0, 1, -2.5, 1e-100, 0.1), {
      minKeys: 1,
    }),
    tags: fc.dictionary(fc.constantFrom('cipId', 'lot'), fc.constantFrom('1', 'ü'), { maxKeys: 1 }),
  })
  .map(({ offsetNs, values, tags }): LogRow => ({
    offsetNs,
    values: new Map(Object.entries(values)),
    tags: new Map(Object.entries(tags)),
  }));
const aStamp = fc.record({
  epochMicros: fc.integer({ min: 0, max: 40 }).map((n) => START_MICROS + n * 1000),
  source: fc.constantFrom('process1', 'process2'),
});
const anHour = fc.constantFrom(...HOURS);
const someRows = fc.record({
  kind: fc.constant('rows' as const),
  hour: anHour,
  rows: fc.array(aRow, { minLength: 1, maxLength: 12 }),
  stamp: aStamp,
});
const importedRows = someRows.map((written) => ({
  ...written,
  importId: IMPORT_ID,
  stamp: { epochMicros: START_MICROS + 20_500, source: IMPORT_ID },
}));
const aRemoval = fc
  .record({
    hour: anHour,
    ends: fc.tuple(anOffset, anOffset),
    stamp: aStamp,
    isOneInstant: fc.boolean(),
    metric: fc.constantFrom(...METRICS, undefined),
  })
  .map(({ hour, ends: [a, b], stamp, isOneInstant, metric }): WrittenRemoval => {
    const firstNs = isOneInstant ? a : Math.min(a, b);
    const lastNs = isOneInstant ? a : Math.max(a, b);
    const removal = { kind: 'removal' as const, hour, firstNs, lastNs, stamp };
    return metric === undefined ? removal : Object.assign(removal, { metric });
  });
const aMark = fc.record({ kind: fc.constant('undone' as const), hour: anHour });
const aLog: fc.Arbitrary<readonly Written[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: someRows },
    { weight: 2, arbitrary: importedRows },
    { weight: 2, arbitrary: aRemoval },
    { weight: 1, arbitrary: aMark },
  ),
  { minLength: 1, maxLength: 25 },
);
const anInstant = fc.tuple(anHour, anOffset).map(([hour, offsetNs]) => instantAt(hour, offsetNs));
const aRange = fc.record(
  {
    from: anInstant,
    to: anInstant,
    asOfEpochMicros: fc.integer({ min: 0, max: 40 }).map((n) => START_MICROS + n * 1000),
  },
  { requiredKeys: [] },
);

const aReading = fc.record({
  log: aLog,
  bounds: aRange,
  pageSize: fc.integer({ min: 1, max: 7 }),
  mostPerPage: fc.integer({ min: 1, max: 5 }),
});
type Reading = typeof aReading extends fc.Arbitrary<infer R> ? R : never;

type ReaderOf = (store: InMemoryBlockStore) => LogReader;

/** What a fold of everything shows, and what each way of reading shows, put in order of time. */
async function readInAllWays({ log, bounds, pageSize, mostPerPage }: Reading, readerOf: ReaderOf) {
  const written = withDistinctStamps(log);
  const reader = readerOf(storeWith(written, mostPerPage));
  const asc: LogRange = { equipmentId: EQUIPMENT, order: 'asc', ...bounds };
  const desc: LogRange = { ...asc, order: 'desc' };
  return {
    expected: shown(written, bounds),
    found: [
      await wholeOf(reader, asc),
      (await wholeOf(reader, desc)).toReversed(),
      await pagesOf(reader, asc, pageSize),
      (await pagesOf(reader, desc, pageSize)).toReversed(),
    ],
  };
}

describe('reading the log', () => {
  it(
    'shows what a fold of everything shows: all at once, and in pages of any size in both orders',
    async () => {
      await fc.assert(
        fc.asyncProperty(aReading, async (reading) => {
          const { expected, found } = await readInAllWays(reading, (store) => new LogReader(store));

          for (const each of found) expect(each).toEqual(expected);
        }),
        { numRuns: RUNS },
      );
    },
    LIMIT_MS,
  );
});

/** Has read blocks up to an instant, and takes all before it for complete: wider ones may still hold it. */
class LooksNotAhead extends HourMerge {
  protected override boundOf(span: Span): number {
    const { seenNs, isDone, after } = this.lanes[span];
    const isUnderWay = this.order === 'asc' && !isDone && after !== undefined;
    return isUnderWay ? seenNs : super.boundOf(span);
  }
}

/** Going backwards, takes an instant as soon as one block ends with it: others of that key may be unread. */
class StopsAtItsOwnKey extends HourMerge {
  protected override boundOf(span: Span): number {
    const { seenNs, isDone, after } = this.lanes[span];
    const isUnderWay = this.order === 'desc' && !isDone && after !== undefined;
    return isUnderWay ? seenNs : super.boundOf(span);
  }
}

/** Asks for no block that ends behind the part, although it may hold its instants. */
class StopsAtTheEnd extends HourMerge {
  override keysIn(span: Span): KeyRange {
    const { hour, fromNs, toNs } = this.part;
    return keysOfSpan(hour, span, fromNs, toNs);
  }
}

class LooksUpNoMarks extends HourMerge {
  override needsMarks(): boolean {
    return false;
  }
}

/** Reads other blocks than there are. */
function misreading(change: (block: LogBlock, number: number) => LogBlock) {
  return class extends HourMerge {
    private added = 0;

    override add(block: LogBlock): void {
      super.add(change(block, (this.added += 1)));
    }
  };
}

const RemovesTheFuture = misreading((block) =>
  block.kind === 'removal'
    ? { ...block, stamp: { ...block.stamp, epochMicros: block.stamp.epochMicros + 10_000 } }
    : block,
);
const ForgetsPlaces = misreading((block) =>
  block.kind === 'readings' ? { ...block, places: [] } : block,
);
const FoldsByArrival = misreading((block, number) =>
  block.kind === 'undone'
    ? block
    : { ...block, stamp: { ...block.stamp, epochMicros: START_MICROS + number } },
);
const ForgetsMetrics = misreading((block) => {
  if (block.kind !== 'removal') return block;
  const { metric: _, ...ofAll } = block;
  return ofAll;
});

type Merge = new (...parts: ConstructorParameters<typeof HourMerge>) => HourMerge;

const PLANTED_FAULTS: readonly (readonly [string, Merge])[] = [
  ['does not look ahead by the span of a block', LooksNotAhead],
  ['takes an instant while blocks of its key are unread', StopsAtItsOwnKey],
  ['leaves out blocks that end behind its part of an hour', StopsAtTheEnd],
  ['looks up no marks of undone imports', LooksUpNoMarks],
  ['lets removals hide what is newer', RemovesTheFuture],
  ['orders rows of a file by their blocks', ForgetsPlaces],
  ['folds by arrival', FoldsByArrival],
  ['lets the removal of a metric remove all', ForgetsMetrics],
];

it.each(PLANTED_FAULTS)(
  'would notice a reader that %s',
  async (_, Planted) => {
    const reader = (store: InMemoryBlockStore) =>
      new (class extends LogReader {
        protected override createMerge(range: LogRange, part: HourPart): HourMerge {
          return new Planted(range.equipmentId, part, range.order, range.asOfEpochMicros);
        }
      })(store);
    const alwaysHolds = fc.asyncProperty(aReading, async (reading) => {
      const { expected, found } = await readInAllWays(reading, reader);
      return found.every((each) => isDeepStrictEqual(each, expected));
    });

    const details = await fc.check(alwaysHolds, { numRuns: MOST_RUNS, endOnFailure: true });

    expect(details.failed).toBe(true);
    // Not by falling over.
    expect(details.errorInstance).toMatchObject({ message: 'Property failed by returning false' });
  },
  LIMIT_MS,
);

describe('the history of an instant', () => {
  it(
    'has every value that was said of it, in pages of any size, and whether it was removed',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          aLog,
          anInstant,
          fc.integer({ min: 1, max: 7 }),
          fc.integer({ min: 1, max: 5 }),
          async (log, timestamp, limit, mostPerPage) => {
            const written = withDistinctStamps(log);
            const clock = new FixedClock('2026-12-01T00:00:00Z');
            const store = storeWith(written, mostPerPage);
            const history = new InstantHistory(store, Retention.FOREVER, clock);
            const query = { equipmentId: EQUIPMENT, timestamp, limit };

            const pages = [await history.page(query)];
            for (let after = pages[0]?.next; after; after = pages.at(-1)?.next) {
              pages.push(await history.page({ ...query, after }));
            }

            expect(pages.flatMap(({ values }) => values.map(pastInWords))).toEqual(
              everSaid(written, timestamp),
            );
            expect(pages.every(({ values }) => values.length <= limit)).toBe(true);
          },
        ),
        { numRuns: RUNS },
      );
    },
    LIMIT_MS,
  );
});

function pastInWords({ metric, value, removed, acceptedAt }: PastValue): string {
  return `${acceptedAt} ${metric}=${value}${removed ? ' removed' : ''}`;
}

/** The oracle, again: the latest first. */
function everSaid(log: readonly Written[], timestamp: Instant): readonly string[] {
  const hour = hourOf(timestamp);
  const offsetNs = offsetOf(timestamp);
  const undone = log.some((written) => written.kind === 'undone' && written.hour === hour);
  const removals = log.filter((written) => written.kind === 'removal');
  const said = log.flatMap((written, index) => {
    if (written.kind !== 'rows' || written.hour !== hour) return [];
    const { importId, stamp, rows } = written;
    if (importId !== undefined && undone) return [];
    return rows.flatMap((row, at) => {
      const place = importId === undefined ? at : index * 100 + at;
      const values = row.offsetNs === offsetNs ? [...row.values] : [];
      return values.map(([metric, value]) => ({ metric, value, stamp, place }));
    });
  });
  said.sort(
    (a, b) =>
      compareStamps(b.stamp, a.stamp) || b.place - a.place || (a.metric < b.metric ? -1 : 1),
  );
  return said.map(({ metric, value, stamp }) => {
    const removed = removals.some(
      (removal) =>
        removal.hour === hour &&
        removal.firstNs <= offsetNs &&
        offsetNs <= removal.lastNs &&
        (removal.metric ?? metric) === metric &&
        compareStamps(removal.stamp, stamp) > 0,
    );
    return pastInWords({ metric, value, removed, acceptedAt: stampInstant(stamp) });
  });
}

/** A stamp is made once: blocks that a test gave equal ones get places of their own between the others. */
function withDistinctStamps(log: readonly Written[]): readonly Written[] {
  return log.map((written, index) =>
    written.kind === 'undone' || (written.kind === 'rows' && written.importId !== undefined)
      ? written
      : {
          ...written,
          stamp: { ...written.stamp, epochMicros: written.stamp.epochMicros + index },
        },
  );
}

/** Rows of the file are numbered over all blocks of the import. */
function placed({ rows, importId }: WrittenRows, firstPlace: number): readonly LogRow[] {
  if (importId === undefined) return rows;
  return rows.map((row, index) => ({ ...row, place: firstPlace + index }));
}

function storeWith(log: readonly Written[], mostPerPage: number): InMemoryBlockStore {
  const store = new InMemoryBlockStore(mostPerPage);
  let sequence = 0;
  for (const [index, written] of log.entries()) {
    const { hour } = written;
    if (written.kind === 'undone') {
      store.put(undoneMark(EQUIPMENT, hour, IMPORT_ID, 'someone'));
    } else if (written.kind === 'removal') {
      store.put(sealRemoval(EQUIPMENT, written, {}, written.stamp));
    } else {
      const { importId, stamp } = written;
      const origin = importId === undefined ? {} : { importId };
      for (const { block } of packRows(EQUIPMENT, hour, origin, placed(written, index * 100))) {
        const part = importId === undefined ? undefined : { run: 1, sequence: (sequence += 1) };
        // Two blocks of one write never share a key: they end at different instants or are parts.
        store.put(block.seal(stamp, undefined, part));
      }
    }
  }
  return store;
}

interface Shown {
  readonly timestamp: Instant;
  readonly values: Record<string, number>;
  readonly tags: Record<string, string>;
  readonly registerTime: Instant;
}

interface Said {
  readonly value: number | string;
  readonly stamp: Stamp;
  readonly place: number;
}

/** The oracle: everything that was said, the greatest stamp wins, nothing clever. */
function shown(log: readonly Written[], bounds: Omit<LogRange, 'equipmentId' | 'order'>): Shown[] {
  const { from, to, asOfEpochMicros = Infinity } = bounds;
  const said = new Map<Instant, Map<string, Said>>();
  const undone = new Set(log.filter(({ kind }) => kind === 'undone').map(({ hour }) => hour));
  for (const [index, written] of log.entries()) {
    if (written.kind !== 'rows' || written.stamp.epochMicros > asOfEpochMicros) continue;
    if (written.importId !== undefined && undone.has(written.hour)) continue;
    for (const [row, { offsetNs, values, tags }] of written.rows.entries()) {
      const place = written.importId === undefined ? row : index * 100 + row;
      const instant = instantAt(written.hour, offsetNs);
      const ofInstant = said.get(instant) ?? new Map<string, Said>();
      said.set(instant, ofInstant);
      const say = (name: string, value: number | string) => {
        const before = ofInstant.get(name);
        const entry = { value, stamp: written.stamp, place };
        if (!before || isAfter(entry, before)) ofInstant.set(name, entry);
      };
      for (const [metric, value] of values) say(`value ${metric}`, value);
      for (const [tag, value] of tags) say(`tag ${tag}`, value);
    }
  }
  for (const written of log) {
    if (written.kind !== 'removal' || written.stamp.epochMicros > asOfEpochMicros) continue;
    for (const [instant, ofInstant] of said) {
      const offsetNs = offsetOf(instant);
      if (hourOf(instant) !== written.hour) continue;
      if (offsetNs < written.firstNs || offsetNs > written.lastNs) continue;
      for (const [name, { stamp }] of ofInstant) {
        const isMeant = written.metric === undefined || name === `value ${written.metric}`;
        if (isMeant && compareStamps(written.stamp, stamp) > 0) ofInstant.delete(name);
      }
    }
  }
  return [...said]
    .filter(
      ([instant]) => (from === undefined || instant >= from) && (to === undefined || instant < to),
    )
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([timestamp, ofInstant]) => readingOf(timestamp, ofInstant));
}

function isAfter(a: Said, b: Said): boolean {
  const order = compareStamps(a.stamp, b.stamp);
  return order > 0 || (order === 0 && a.place > b.place);
}

function readingOf(timestamp: Instant, ofInstant: ReadonlyMap<string, Said>): Shown[] {
  const entries = [...ofInstant];
  const values = entries.filter(([name]) => name.startsWith('value '));
  if (values.length === 0) return [];
  const newest = values
    .map(([, { stamp }]) => stamp)
    .sort(compareStamps)
    .at(-1);
  const named = (prefix: string) =>
    Object.fromEntries(
      entries
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, { value }]) => [name.slice(prefix.length), value]),
    );
  return [
    {
      timestamp,
      values: named('value ') as Record<string, number>,
      tags: named('tag ') as Record<string, string>,
      registerTime: stampInstant(newest ?? { epochMicros: 0, source: '' }),
    },
  ];
}

async function wholeOf(reader: LogReader, range: LogRange): Promise<Shown[]> {
  const all: Shown[] = [];
  for await (const { readings } of reader.read(range)) all.push(...readings.map(plain));
  return all;
}

/** As a caller does who takes some readings, and comes back for the rest. */
async function pagesOf(reader: LogReader, range: LogRange, size: number): Promise<Shown[]> {
  const all: Shown[] = [];
  for (let rest: LogRange | undefined = range; rest;) {
    const page = await reader.page(rest, size);
    all.push(...page.readings.map(plain));
    if (page.rest === undefined) break;
    expect(page.readings.length).toBeLessThanOrEqual(size);
    rest = rest.order === 'asc' ? { ...rest, from: page.rest } : { ...rest, to: page.rest };
  }
  return all;
}

function plain({
  timestamp,
  values,
  tags,
  registerTime,
}: Omit<Shown, 'values' | 'tags'> & {
  readonly values: ReadonlyMap<string, number>;
  readonly tags: ReadonlyMap<string, string>;
}): Shown {
  return {
    timestamp,
    values: Object.fromEntries(values),
    tags: Object.fromEntries(tags),
    registerTime,
  };
}
