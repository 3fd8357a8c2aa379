import { DomainError, type Clock } from '@sensorflow/kernel';
import { Retention, type ReadingStore } from '@sensorflow/sensor-data';
import type { ClosingProgress } from '../closing/closing-progress.js';
import {
  AGGREGATE_TOO_LARGE,
  equipmentHourId,
  type AggregateStore,
  type CellState,
  type EquipmentHour,
  type EquipmentHourCell,
  type ReplaceOutcome,
} from './aggregate-store.js';
import {
  foldIntoSlots,
  joinSlots,
  outsideOf,
  runsOf,
  WHOLE_HOUR,
  type HourSlots,
} from './hour-slots.js';
import { startOfHour, startOfSlot, type Hour } from './hour.js';
import { VersionLock } from './version-lock.js';

/** The hour's readings may have expired: the aggregate has more than they do, and stays as it is. */
export const HOUR_SEALED = 'hour-sealed';

/** With `aggregate-too-large` the cell says so, and shows nothing until the readings have fewer metrics. */
export type RecomputeOutcome = 'recomputed' | typeof AGGREGATE_TOO_LARGE | typeof HOUR_SEALED;

export interface Recomputation {
  /** Slots that have changed; all unless named. */
  readonly dirty?: ReadonlySet<number>;
  /** As the caller read it after it heard of the change; otherwise it is read now. */
  readonly frontier?: Hour;
  /** Every change that was acknowledged before has been heard of; epoch seconds of the store's clock. */
  readonly asOf?: number;
}

export interface HourPorts {
  readonly readings: ReadingStore;
  readonly aggregates: AggregateStore;
  readonly closing: ClosingProgress;
}

const DENSE_READINGS = 1000;

export interface HourRecomputerOptions {
  readonly random?: () => number;
  /** Unlimited by default. */
  readonly retention?: Retention;
  /** An hour with more readings is recomputed slot by slot from then on. */
  readonly denseReadings?: number;
}

interface Fold {
  readonly slots: HourSlots;
  readonly isDense: boolean;
}

/** What one recomputation did, and whether it left a new cell that is open. */
interface Attempt {
  readonly outcome: RecomputeOutcome;
  readonly hasOpened: boolean;
}

/**
 * Makes an equipment-hour equal to its readings, under its version lock, and says so in the cell once the
 * closing of the hour has begun. Safe to repeat, to run twice at once and to be killed at any moment.
 */
export class HourRecomputer {
  private readonly lock: VersionLock<CellState>;
  private readonly retention: Retention;
  private readonly denseReadings: number;

  constructor(
    private readonly ports: HourPorts,
    private readonly clock: Clock,
    options: HourRecomputerOptions = {},
  ) {
    this.lock = new VersionLock(clock, options.random);
    this.retention = options.retention ?? Retention.FOREVER;
    this.denseReadings = options.denseReadings ?? DENSE_READINGS;
  }

  /**
   * When it returns, the aggregate contains every change made before the call in the dirty slots, or says
   * that it is too large; or the hour is sealed, and nothing happened. Throws DomainError `unavailable`
   * (`recompute-out-of-time`) at the deadline, and what else the stores throw.
   */
  async recomputeHour(
    of: EquipmentHour,
    deadlineEpochMs: number,
    { frontier, ...recomputation }: Recomputation = {},
  ): Promise<RecomputeOutcome> {
    const isPassed = of.hour < (frontier ?? (await this.frontier()));
    const first = await this.recompute(of, deadlineEpochMs, isPassed, recomputation);
    // Whoever closes the hour may have looked for its cells before this one was there.
    const isMissed = first.hasOpened && of.hour < (await this.frontier());
    return isMissed ? (await this.recompute(of, deadlineEpochMs, true)).outcome : first.outcome;
  }

  private async frontier(): Promise<Hour> {
    return this.ports.closing.read('frontier');
  }

  private recompute(
    of: EquipmentHour,
    deadlineEpochMs: number,
    isPassed: boolean,
    { dirty, asOf }: Omit<Recomputation, 'frontier'> = {},
  ): Promise<Attempt> {
    // Stays so after a conflict: the client may have asked again for a write whose answer never came.
    let isNew = false;
    return this.lock.untilNoConflict(deadlineEpochMs, async () => {
      const state = await this.stateOf(of);
      isNew ||= state.version === 0;
      const isClosed = isPassed || state.isClosed === true;
      const fold = await this.fold(of, state, dirty, deadlineEpochMs);
      // Checked after reading: an hour that is not sealed by now was complete, however long the reading took.
      if (this.isSealed(of)) return { outcome: HOUR_SEALED, hasOpened: false };
      const outcome = await this.put(
        {
          ...cellOf(of, state.version + 1, fold, isClosed),
          ...(!isClosed && younger(state, asOf)),
        },
        deadlineEpochMs,
      );
      return outcome === 'conflict' ? outcome : { outcome, hasOpened: isNew && !isClosed };
    });
  }

  private isSealed({ hour }: EquipmentHour): boolean {
    return this.retention.isSealed(startOfHour(hour), this.clock.nowEpochMs());
  }

  private async stateOf(of: EquipmentHour): Promise<CellState> {
    return this.lock.takeRemembered(equipmentHourId(of)) ?? this.ports.aggregates.readState(of);
  }

  /**
   * Only the slots of a closed cell are known: in an open hour, changes elsewhere may wait for a later
   * recomputation.
   */
  private async fold(
    of: EquipmentHour,
    state: CellState,
    dirty: ReadonlySet<number> | undefined,
    deadlineEpochMs: number,
  ): Promise<Fold> {
    const known = dirty && state.isClosed ? state.slots : undefined;
    let [slots, readings] = [known ?? new Map(), 0];
    for (const run of known && dirty ? runsOf(dirty) : [WHOLE_HOUR]) {
      slots = outsideOf(run, slots);
      const [from, to] = [startOfSlot(of.hour, run.from), startOfSlot(of.hour, run.to)];
      for await (const page of this.ports.readings.scanRange(of.equipmentId, from, to)) {
        slots = foldIntoSlots(page, slots);
        readings += page.length;
        this.lock.assertTimeLeft(deadlineEpochMs);
      }
    }
    return {
      slots,
      isDense: slots.size > 0 && (known !== undefined || readings > this.denseReadings),
    };
  }

  /**
   * Retrying a cell that is too large would only block its stream. The cell without slots takes its place under
   * the same version lock, or else a cell that says why it shows nothing.
   */
  private async put(
    cell: EquipmentHourCell,
    deadlineEpochMs: number,
  ): Promise<RecomputeOutcome | 'conflict'> {
    const { slots, ...withoutSlots } = cell;
    const failed = { ...withoutSlots, metrics: new Map(), failure: AGGREGATE_TOO_LARGE } as const;
    for (const fitting of slots ? [cell, withoutSlots] : [cell]) {
      const outcome = await this.replaceIfItFits(fitting);
      if (outcome === 'replaced') this.remember(fitting);
      if (outcome !== AGGREGATE_TOO_LARGE) return outcome === 'replaced' ? 'recomputed' : outcome;
      this.lock.assertTimeLeft(deadlineEpochMs);
    }
    const outcome = await this.ports.aggregates.replaceCell(failed);
    if (outcome === 'replaced') this.remember(failed);
    return outcome === 'replaced' ? AGGREGATE_TOO_LARGE : outcome;
  }

  private async replaceIfItFits(
    cell: EquipmentHourCell,
  ): Promise<ReplaceOutcome | typeof AGGREGATE_TOO_LARGE> {
    try {
      return await this.ports.aggregates.replaceCell(cell);
    } catch (error) {
      if (error instanceof DomainError && error.code === AGGREGATE_TOO_LARGE) return error.code;
      throw error;
    }
  }

  /** Slots are too large to be kept in memory for every hour; they are read with the version. */
  private remember(cell: EquipmentHourCell): void {
    const { version, isClosed = false, slots, asOf } = cell;
    const known = { version, isClosed, ...(asOf !== undefined && { asOf }) };
    if (!slots) this.lock.remember(equipmentHourId(cell), known);
  }
}

/** The log is read as a whole: what held before still holds. */
function younger(before: CellState, asOf: number | undefined): Pick<CellState, 'asOf'> {
  const known = [before.asOf, asOf].filter((one) => one !== undefined);
  return known.length > 0 ? { asOf: Math.max(...known) } : {};
}

function cellOf(
  of: EquipmentHour,
  version: number,
  { slots, isDense }: Fold,
  isClosed: boolean,
): EquipmentHourCell {
  return {
    ...of,
    version,
    metrics: joinSlots(slots),
    ...(isDense && isClosed && { slots }),
    ...(isClosed && { isClosed }),
  };
}
