import type { EquipmentRestriction } from '@sensorflow/auth';
import {
  DomainError,
  forEachInSlices,
  showInstant,
  type Clock,
  type InputFault,
  type Instant,
  type Parsed,
  type WorkBudget,
} from '@sensorflow/kernel';
import { ArrivalClock } from './arrival-clock.js';
import { assertNotAhead } from './as-of.js';
import { SEND_AGAIN, VerdictList, type BatchVerdict } from './batch-verdict.js';
import { batchThrottled, namesUnknown, readingThrottled } from './metric-name-errors.js';
import {
  TOO_MANY_METRIC_NAMES,
  type MetricNameLimit,
  type RegisteredMetricNames,
} from './metric-name-limit.js';
import type { JsonTimestamps } from './json-timestamp.js';
import { ReadingSeries, type SeriesPart, type SeriesQuery } from './series/reading-series.js';
import { parseReading, type ParsedReading } from './parse-reading.js';
import type { WriteOutcome } from './group-commit/write-unit.js';
import type { HistoryPage, HistoryQuery, InstantHistory } from './log/instant-history.js';
import { instantRange, type ReadingRemover, type RemovalRange } from './log/reading-remover.js';
import type { ReadingPage, ReadingRange, ReadingStore } from './reading-store.js';
import { RETRY_AFTER_SECONDS, type ReadingWriter } from './reading-writer.js';
import {
  equipmentUnknown,
  invalidReading,
  noReading,
  NOT_STORABLE,
  removalUnfinished,
  serverClockWrong,
  writeFailed,
} from './reading-problems.js';
import { READING_TOO_OLD } from './reading-timestamp.js';
import type { Reading, ReadingIdentity, StoredReading } from './reading.js';
import type { Retention } from './retention.js';

export const MAX_READINGS_PER_BATCH = 10_000;

const TOO_MANY_NAMES: InputFault = { pointer: '/values', ...TOO_MANY_METRIC_NAMES };

/** Readings of a batch, and the places where they stand in it. */
interface Placed {
  readonly readings: readonly Reading[];
  readonly indexes: readonly number[];
}

/** A page of readings, or of what they were at an instant. */
export interface ReadingsQuery extends ReadingRange {
  readonly asOf?: Instant;
}

/** How readings are written, found and removed. */
export interface ReadingsLog {
  readonly store: ReadingStore;
  readonly writer: ReadingWriter;
  readonly remover: ReadingRemover;
  readonly history: InstantHistory;
  readonly registered: RegisteredMetricNames;
}

/** What a request says of the timestamps of its readings. */
export interface IngestOptions {
  readonly precision?: JsonTimestamps['precision'];
  /** Readings without a timestamp have the instant of their arrival. */
  readonly clock?: 'server' | undefined;
}

/** What the HTTP routes for readings do: stores, finds and removes them. */
export class SensorDataService {
  private readonly arrivals: ArrivalClock;

  /** @param earliest timestamp that is accepted; any unless set */
  constructor(
    private readonly log: ReadingsLog,
    private readonly clock: Clock,
    private readonly retention: Retention,
    private readonly names: MetricNameLimit,
    private readonly earliest?: Instant,
  ) {
    this.arrivals = new ArrivalClock(clock);
  }

  /**
   * Checks and stores one reading. Returns it once it is durable; throws `invalid-reading`,
   * `reading-not-storable`, `too-many-new-metric-names`, `metric-names-unknown`, `write-not-accepted` or
   * `server-clock-wrong` (it is certainly not stored), or `outcome-unknown`; `equipment-forbidden` for what the caller may not write.
   */
  async recordReading(
    raw: unknown,
    callerId: string,
    restriction?: EquipmentRestriction,
    options: IngestOptions = {},
  ): Promise<StoredReading> {
    const timestamps = this.timestampsOf(options, 1);
    const parsed = parseReading(raw, this.clock.nowEpochMs(), this.retention, timestamps);
    if (!parsed.ok) {
      throw invalidReading(parsed.faults);
    }
    restriction?.assertAllows(parsed.value.equipmentId);
    if (!this.names.admits(parsed.value, callerId)) await this.assertNames(parsed.value, callerId);
    const [outcome] = await this.log.writer.write([parsed.value], callerId);
    if (outcome?.outcome === 'stored') {
      return { ...parsed.value, registerTime: outcome.registerTime };
    }
    throw writeFailed(outcome);
  }

  private timestampsOf({ precision, clock }: IngestOptions, readings: number): JsonTimestamps {
    const arrival = clock === 'server' ? this.arrivals.series(readings) : undefined;
    return { earliest: this.earliest, precision, arrival };
  }

  private async assertNames(reading: Reading, callerId: string): Promise<void> {
    const verdict = await this.names.judge(reading, callerId);
    if (verdict === 'too-many') throw invalidReading([TOO_MANY_NAMES]);
    if (verdict === 'throttled') {
      throw readingThrottled(this.names.waitMs([reading], callerId));
    }
    if (verdict === 'unknown') throw namesUnknown();
  }

  /**
   * Checks and stores up to 10,000 readings; an invalid one holds up none of the others. Returns when
   * every reading is stored or rejected (also for equipment that the caller may not write) and at least one is stored. Throws `batch-empty`,
   * `too-many-readings`, and, with the verdict as extensions, `no-valid-reading`, `batch-unconfirmed` or
   * `too-many-new-metric-names`.
   *
   * @param documents each a parsed JSON value, or why there is none; one that throws refuses the batch
   */
  async recordBatch(
    documents: Iterable<Parsed<unknown>>,
    callerId: string,
    restriction?: EquipmentRestriction,
    options: IngestOptions = {},
  ): Promise<BatchVerdict> {
    const verdicts = new VerdictList();
    const parse = this.parserOf(options);
    const valid = await validReadings(documents, verdicts, parse, { callerId, restriction });
    const { readings, indexes, throttled } = await this.withinNameLimit(valid, verdicts, callerId);
    const outcomes = await this.log.writer.write(readings, callerId);
    for (const [position, index] of indexes.entries()) {
      noteOutcome(verdicts, index, outcomes[position]);
    }
    const verdict = verdicts.verdict();
    if (throttled.length > 0) {
      throw batchThrottled(verdict, this.names.waitMs(throttled, callerId));
    }
    const isClockWrong = outcomes.some(({ outcome }) => outcome === 'clock-wrong');
    return assertUseful(verdict, isClockWrong);
  }

  private parserOf(options: IngestOptions): ReadingParser {
    const nowEpochMs = this.clock.nowEpochMs();
    const timestamps = this.timestampsOf(options, MAX_READINGS_PER_BATCH);
    return (raw, maxFaults) => parseReading(raw, nowEpochMs, this.retention, timestamps, maxFaults);
  }

  /** In the same order: the last of readings with one identity is the one that counts. */
  private async withinNameLimit(
    all: Placed,
    verdicts: VerdictList,
    callerId: string,
  ): Promise<Placed & { readonly throttled: readonly Reading[] }> {
    const doubtful = await this.names.judgeAll(all.readings, callerId);
    if (doubtful.size === 0) return { ...all, throttled: [] };
    const readings: Reading[] = [];
    const indexes: number[] = [];
    const throttled: Reading[] = [];
    for (const [position, reading] of all.readings.entries()) {
      const index = all.indexes[position] ?? 0;
      const verdict = doubtful.get(reading);
      if (verdict === 'too-many') verdicts.reject(index, [TOO_MANY_NAMES]);
      else if (verdict) {
        verdicts.leaveUnconfirmed(index);
        if (verdict === 'throttled') throttled.push(reading);
      } else {
        readings.push(reading);
        indexes.push(index);
      }
    }
    return { readings, indexes, throttled };
  }

  /** As of an instant where one is named. Throws `as-of-in-future`, `equipment-unknown`, and what the store throws. */
  async listReadings(range: ReadingsQuery, budget: WorkBudget): Promise<ReadingPage> {
    const page = await this.storeAsOf(range.asOf).range(range, budget);
    if (page.readings.length === 0 && page.next === undefined) {
      await this.assertKnown(range.equipmentId, budget);
    }
    return page;
  }

  /** Readings as a chart draws them. Throws `equipment-unknown`, and what ReadingSeries throws. */
  async series(query: SeriesQuery, budget: WorkBudget): Promise<SeriesPart> {
    const part = await new ReadingSeries(this.log.store).read(query, budget);
    if (part.series.every(({ sampleCount }) => sampleCount === 0)) {
      await this.assertKnown(query.equipmentId, budget);
    }
    return part;
  }

  /** The same; throws `no-reading` when the equipment has, or had, none. */
  async latestReading(
    equipmentId: string,
    budget: WorkBudget,
    asOf?: Instant,
  ): Promise<StoredReading> {
    const store = this.storeAsOf(asOf);
    const latest = await store.latest(equipmentId, budget);
    if (latest) return latest;
    await this.assertKnown(equipmentId, budget);
    throw noReading(
      asOf === undefined ? 'This equipment has no reading.' : 'This equipment had no reading then.',
    );
  }

  private storeAsOf(asOf: Instant | undefined): ReadingStore {
    const { store } = this.log;
    if (asOf === undefined) return store;
    assertNotAhead(asOf, this.clock.nowEpochMs());
    return store.asOf(asOf);
  }

  /** A page of every value that an instant ever had. Throws `equipment-unknown`, and what InstantHistory throws. */
  async history(query: HistoryQuery, budget: WorkBudget): Promise<HistoryPage> {
    const page = await this.log.history.page(query, budget);
    if (page.values.length === 0) await this.assertKnown(query.equipmentId, budget);
    return page;
  }

  /** Known by its readings, or by the registry once they have expired. */
  private async assertKnown(equipmentId: string, budget: WorkBudget): Promise<void> {
    if (await this.log.store.hasBlocks(equipmentId, budget)) return;
    const names = await budget.call(async (signal) =>
      this.log.registered.namesOf(equipmentId, 1, signal),
    );
    if (names.length === 0) throw equipmentUnknown(equipmentId);
  }

  /**
   * Removes what stands at an instant, or one metric of it. What is written later stands. Throws `no-reading`
   * when nothing stands there, `reading-too-old`, and what ReadingRemover throws.
   */
  async removeReading(
    { timestamp, ...what }: ReadingIdentity & Pick<RemovalRange, 'metric'>,
    callerId: string,
    budget?: WorkBudget,
  ): Promise<void> {
    this.assertRemovable(timestamp, '/timestamp');
    const range = { ...what, ...instantRange(timestamp) };
    const { removed } = await this.log.remover.remove(range, callerId, budget);
    if (!removed) throw noReading('There is no such reading.');
  }

  /**
   * Removes what stands in a range. Throws the same, and `removal-unfinished` when the budget is spent: with
   * `rest`, the range that is left.
   */
  async removeRange(range: RemovalRange, callerId: string, budget?: WorkBudget): Promise<void> {
    this.assertRemovable(range.from, '/from');
    const { removed, rest } = await this.log.remover.remove(range, callerId, budget);
    if (rest !== undefined) throw removalUnfinished(rest, range.to);
    if (!removed) throw noReading('There is no reading in this range.');
  }

  private assertRemovable(timestamp: Instant, pointer: string): void {
    const nowEpochMs = this.clock.nowEpochMs();
    if (!this.retention.isTooOld(timestamp, nowEpochMs)) return;
    const oldest = showInstant(this.retention.oldestTaken(nowEpochMs));
    const detail = `${READING_TOO_OLD.detail} The first one that can is ${oldest}.`;
    throw new DomainError('invalid', READING_TOO_OLD.code, detail, {
      faults: [{ pointer, ...READING_TOO_OLD, detail }],
    });
  }
}

interface BatchCaller {
  readonly callerId: string;
  readonly restriction: EquipmentRestriction | undefined;
}

type ReadingParser = (raw: unknown, maxFaults?: number) => ParsedReading;

async function validReadings(
  documents: Iterable<Parsed<unknown>>,
  verdicts: VerdictList,
  parse: ReadingParser,
  { callerId, restriction }: BatchCaller,
): Promise<Placed> {
  const readings: Reading[] = [];
  const indexes: number[] = [];
  let size = 0;
  const check = (document: Parsed<unknown>) => {
    const parsed = document.ok
      ? parse(document.value, verdicts.maxFaults)
      : { ok: false as const, faults: [{ pointer: '', ...document.fault }] };
    const forbidden = parsed.ok && restriction?.faultOf(parsed.value.equipmentId);
    if (!parsed.ok) verdicts.reject(size, parsed.faults);
    else if (forbidden) verdicts.reject(size, [{ pointer: '/equipmentId', ...forbidden }]);
    else {
      readings.push(parsed.value);
      indexes.push(size);
    }
    size += 1;
  };
  await forEachInSlices(documents, check, callerId);
  assertBatchSize(size);
  return { readings, indexes };
}

/** Throws `batch-empty` or `too-many-readings`. */
export function assertBatchSize(size: number): void {
  if (size === 0) throw new DomainError('invalid', 'batch-empty', 'The batch has no reading.');
  if (size > MAX_READINGS_PER_BATCH) {
    throw new DomainError(
      'invalid',
      'too-many-readings',
      `A batch has at most ${MAX_READINGS_PER_BATCH} readings.`,
    );
  }
}

function noteOutcome(verdicts: VerdictList, index: number, outcome?: WriteOutcome): void {
  if (outcome?.outcome === 'stored') verdicts.stored();
  else if (outcome?.outcome === 'refused') verdicts.reject(index, [NOT_STORABLE]);
  else verdicts.leaveUnconfirmed(index);
}

function assertUseful(verdict: BatchVerdict, isClockWrong: boolean): BatchVerdict {
  const extensions = { ...verdict };
  if (isClockWrong) {
    throw serverClockWrong(`Some readings are not stored. ${SEND_AGAIN}`, extensions);
  }
  if (verdict.unconfirmed.length > 0) {
    throw new DomainError(
      'unavailable',
      'batch-unconfirmed',
      `Some readings are not confirmed. ${SEND_AGAIN}`,
      { extensions, retryAfterSeconds: RETRY_AFTER_SECONDS },
    );
  }
  if (verdict.stored === 0) {
    throw new DomainError('invalid', 'no-valid-reading', 'No reading of the batch is valid.', {
      extensions,
    });
  }
  return verdict;
}
