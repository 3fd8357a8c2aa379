import { DomainError, type Clock } from '@sensorflow/kernel';
import type { ClosingAdvance, ClosingProgress } from './closing/closing-progress.js';
import { dirtyCellId, mergeDirty, type DirtyCell } from './dirty-cell.js';
import type { SumRecomputer } from './fleet/sum-recomputer.js';
import { AGGREGATE_TOO_LARGE, type EquipmentHour } from './hours/aggregate-store.js';
import {
  HOUR_SEALED,
  type HourRecomputer,
  type RecomputeOutcome,
} from './hours/hour-recomputer.js';
import type { Hour } from './hours/hour.js';
import type { OpenHours } from './hours/open-hours.js';
import { RecomputationPool } from './recomputation-pool.js';

/** The cell that a stream record made dirty, whether by an insertion, a replacement or a removal. */
export interface StreamChange {
  /** The stream's name for this record; opaque. */
  readonly sequenceNumber: string;
  /** `nothing` if no aggregate depends on what changed; undefined if the record could not be understood. */
  readonly dirty: DirtyCell | 'nothing' | undefined;
  /** A mark of closing that moves once this record and all before it are handled. */
  readonly advance?: ClosingAdvance;
  /** By the store's clock, rounded down; undefined when the record does not say. */
  readonly createdAtEpochSeconds?: number;
}

export interface BatchOutcome {
  /** How many distinct cells the batch made dirty. */
  readonly dirtyCells: number;
  readonly failures: readonly BatchFailure[];
  /**
   * The earliest failed record, where the stream has to start again. Naming more would change nothing:
   * Lambda redelivers everything from the lowest one on.
   */
  readonly firstFailed: string | undefined;
  /** Done, but not shown, because they have more metrics than a cell holds. No failures: they must not stop a stream. */
  readonly tooLarge: readonly EquipmentHour[];
  /** Left as they are, because their readings expire: the change came days too late. */
  readonly sealed: readonly EquipmentHour[];
  /** Changed cells of open hours that wait for their refresh. */
  readonly postponed: number;
}

/** What became of the cells that waited. */
export interface RefreshOutcome extends Pick<BatchOutcome, 'tooLarge' | 'sealed'> {
  readonly refreshed: number;
  /** These wait on. */
  readonly failures: readonly Omit<BatchFailure, 'position'>[];
}

export interface BatchFailure {
  /** Index of the failure's first record in the batch. */
  readonly position: number;
  /** Undefined for a record that could not be understood. */
  readonly cell: DirtyCell['cell'] | undefined;
  readonly error: unknown;
}

type DirtyEquipmentHour = Extract<DirtyCell, { readonly level: 'equipment-hour' }>;

interface Task {
  readonly position: number;
  readonly dirty: DirtyCell;
  /** Metrics of a shard-hour that an attempt did before it failed. */
  readonly doneMetrics: Set<string>;
}

export interface StreamBatchPorts {
  readonly hours: HourRecomputer;
  readonly sums: SumRecomputer;
  readonly closing: ClosingProgress;
}

/** Recomputes the cells that a batch of either stream made dirty, unless they can wait. */
export class StreamBatchAggregator {
  private readonly pool: RecomputationPool;

  constructor(
    private readonly ports: StreamBatchPorts,
    private readonly open: OpenHours,
    clock: Clock,
    random?: () => number,
  ) {
    this.pool = new RecomputationPool(clock, random);
  }

  /**
   * Recomputes each dirty cell once; a store that is unavailable is waited for until the deadline. A failed
   * cell does not block later ones, which stay fresh while the stream retries it. Every failure is in the
   * outcome; none is thrown.
   */
  async aggregate(
    changes: readonly StreamChange[],
    deadlineEpochMs: number,
  ): Promise<BatchOutcome> {
    const tasks = tasksOf(changes);
    const recomputed = await this.recomputeAll(tasks, asOfBatch(changes), deadlineEpochMs);
    const failures = [...malformed(changes), ...recomputed.failures];
    const firstPosition = failures.reduce(
      (least, { position }) => Math.min(least, position),
      Infinity,
    );
    failures.push(...(await this.advance(changes.slice(0, firstPosition))));
    failures.sort((a, b) => a.position - b.position);
    const first = failures[0];
    return {
      ...recomputed,
      dirtyCells: tasks.length,
      failures,
      firstFailed: first && changes[first.position]?.sequenceNumber,
    };
  }

  /** Of the records before all failures: the stream does not deliver those again. */
  private async advance(handled: readonly StreamChange[]): Promise<readonly BatchFailure[]> {
    const failures: BatchFailure[] = [];
    for (const [position, { advance }] of handled.entries()) {
      if (!advance || failures.length > 0) continue;
      try {
        await this.ports.closing.advance(advance.mark, advance.to);
      } catch (error) {
        failures.push({ position, cell: undefined, error });
      }
    }
    return failures;
  }

  /** Recomputes the cells that have waited long enough. No failure is thrown. */
  async refresh(deadlineEpochMs: number): Promise<RefreshOutcome> {
    const due = this.open.due();
    const said = new SaidOfHours();
    const failures: Omit<BatchFailure, 'position'>[] = [];
    await this.pool.run(due, deadlineEpochMs, {
      recompute: async (cell) => {
        const recompute = async () =>
          this.ports.hours.recomputeHour(cell, deadlineEpochMs, heardOf(cell.asOf));
        said.note(cell, await this.open.recompute(cell, recompute));
      },
      fail: (cell, error) => failures.push({ cell, error }),
    });
    const { tooLarge, sealed } = said;
    return { refreshed: due.length - failures.length, failures, tooLarge, sealed };
  }

  private async recomputeAll(
    tasks: readonly Task[],
    asOf: number | undefined,
    deadlineEpochMs: number,
  ): Promise<Pick<BatchOutcome, 'failures' | 'tooLarge' | 'sealed' | 'postponed'>> {
    const failures: BatchFailure[] = [];
    const said = new SaidOfHours();
    // Read once the batch is here: only then does it tell which changes a closing may have missed. Read again
    // for a retry: the attempt before may have made a cell without hearing of it, and the closing has passed.
    let asked: Promise<Hour> | undefined;
    const frontier = async (isRetry: boolean) => {
      if (isRetry) asked = undefined;
      return (asked ??= this.ports.closing.read('frontier'));
    };
    await this.pool.run(tasks, deadlineEpochMs, {
      recompute: async ({ dirty, doneMetrics }, isRetry) => {
        if (dirty.level === 'shard-hour') {
          return this.recomputeShardHour(dirty, doneMetrics, deadlineEpochMs);
        }
        if (dirty.level === 'fleet-hour') {
          return this.ports.sums.recomputeFleetHour(dirty.cell, deadlineEpochMs);
        }
        const known = { frontier: await frontier(isRetry), ...heardOf(asOf) };
        said.note(dirty.cell, await this.handleHour(dirty, known, deadlineEpochMs));
      },
      partsDone: ({ doneMetrics }) => doneMetrics.size,
      fail: ({ position, dirty: { cell } }, error) => failures.push({ position, cell, error }),
    });
    const { tooLarge, sealed, postponed } = said;
    return { failures, tooLarge, sealed, postponed };
  }

  private async handleHour(
    { cell, slots }: DirtyEquipmentHour,
    { frontier, ...heard }: { readonly frontier: Hour; readonly asOf?: number },
    deadlineEpochMs: number,
  ): Promise<RecomputeOutcome | 'postponed'> {
    if (this.open.postpone({ ...cell, ...heard }, frontier)) return 'postponed';
    const recomputation = { dirty: new Set(slots), frontier, ...heard };
    return this.open.recompute(cell, async () =>
      this.ports.hours.recomputeHour(cell, deadlineEpochMs, recomputation),
    );
  }

  private recomputeShardHour(
    { cell, metrics, asOf }: Extract<DirtyCell, { readonly level: 'shard-hour' }>,
    doneMetrics: Set<string>,
    deadlineEpochMs: number,
  ): Promise<void> {
    const left = metrics.filter((metric) => !doneMetrics.has(metric));
    const onDone = (metric: string) => doneMetrics.add(metric);
    return this.ports.sums.recomputeShardHour(cell, left, deadlineEpochMs, { asOf, onDone });
  }
}

/** What there is to tell of hours that were handled. */
class SaidOfHours {
  readonly tooLarge: EquipmentHour[] = [];
  readonly sealed: EquipmentHour[] = [];
  postponed = 0;

  note(cell: EquipmentHour, outcome: RecomputeOutcome | 'postponed'): void {
    if (outcome === AGGREGATE_TOO_LARGE) this.tooLarge.push(cell);
    if (outcome === HOUR_SEALED) this.sealed.push(cell);
    if (outcome === 'postponed') this.postponed += 1;
  }
}

/**
 * The instant up to which all changes are handled: a stream shard delivers in order, so that all that was acknowledged
 * before the batch's first record was created came before. Undefined when a record has no time.
 */
function asOfBatch(changes: readonly StreamChange[]): number | undefined {
  let oldest = Infinity;
  for (const { createdAtEpochSeconds } of changes) {
    if (createdAtEpochSeconds === undefined) return undefined;
    oldest = Math.min(oldest, createdAtEpochSeconds);
  }
  return oldest;
}

function heardOf(asOf: number | undefined): { readonly asOf?: number } {
  return asOf === undefined ? {} : { asOf };
}

/** One per cell, in the order of their first records, so that the stream's checkpoint advances while there is time. */
function tasksOf(changes: readonly StreamChange[]): readonly Task[] {
  const said = new Map<string, { position: number; first: DirtyCell; others: DirtyCell[] }>();
  for (const [position, { dirty }] of changes.entries()) {
    if (dirty === undefined || dirty === 'nothing') continue;
    const key = dirtyCellId(dirty);
    const before = said.get(key);
    if (before) before.others.push(dirty);
    else said.set(key, { position, first: dirty, others: [] });
  }
  return [...said.values()].map(({ position, first, others }) => ({
    position,
    dirty: mergeDirty(first, others),
    doneMetrics: new Set(),
  }));
}

function malformed(changes: readonly StreamChange[]): readonly BatchFailure[] {
  return [...changes.entries()]
    .filter(([, { dirty }]) => dirty === undefined)
    .map(([position]) => ({
      position,
      cell: undefined,
      error: new DomainError(
        'invalid',
        'stream-record-malformed',
        'The record names nothing that is aggregated.',
      ),
    }));
}
