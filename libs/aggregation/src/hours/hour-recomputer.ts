import { DomainError, type Clock } from '@sensorflow/kernel';
import { Retention, type ReadingStore } from '@sensorflow/sensor-data';
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
import { startOfHour, startOfSlot } from './hour.js';
import { VersionLock } from './version-lock.js';

/** The hour's readings may have expired: the aggregate has more than they do, and stays as it is. */
export const HOUR_SEALED = 'hour-sealed';

/** With `aggregate-too-large` the cell says so, and shows nothing until the readings have fewer metrics. */
export type RecomputeOutcome = 'recomputed' | typeof AGGREGATE_TOO_LARGE | typeof HOUR_SEALED;

/** Slots of an hour that have changed; all unless named. */
export type DirtySlots = ReadonlySet<number>;

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

/**
 * Makes an equipment-hour equal to its readings, under its version lock. Safe to repeat, to run twice at
 * once and to be killed at any moment.
 */
export class HourRecomputer {
  private readonly lock: VersionLock;
  private readonly retention: Retention;
  private readonly denseReadings: number;

  constructor(
    private readonly readings: ReadingStore,
    private readonly aggregates: AggregateStore,
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
    dirty?: DirtySlots,
  ): Promise<RecomputeOutcome> {
    return this.lock.untilNoConflict(deadlineEpochMs, async () => {
      const state = await this.stateOf(of);
      const fold = await this.fold(of, state, dirty, deadlineEpochMs);
      // Checked after reading: an hour that is not sealed by now was complete, however long the reading took.
      if (this.isSealed(of)) return HOUR_SEALED;
      return this.put(cellOf(of, state.version + 1, fold), deadlineEpochMs);
    });
  }

  private isSealed({ hour }: EquipmentHour): boolean {
    return this.retention.isSealed(startOfHour(hour), this.clock.nowEpochMs());
  }

  private async stateOf(of: EquipmentHour): Promise<CellState> {
    const version = this.lock.takeRemembered(equipmentHourId(of));
    return version === undefined ? this.aggregates.readState(of) : { version };
  }

  private async fold(
    of: EquipmentHour,
    state: CellState,
    dirty: DirtySlots | undefined,
    deadlineEpochMs: number,
  ): Promise<Fold> {
    const known = dirty && state.slots;
    let [slots, readings] = [known ?? new Map(), 0];
    for (const run of known ? runsOf(dirty) : [WHOLE_HOUR]) {
      slots = outsideOf(run, slots);
      const [from, to] = [startOfSlot(of.hour, run.from), startOfSlot(of.hour, run.to)];
      for await (const page of this.readings.scanRange(of.equipmentId, from, to)) {
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
    const outcome = await this.aggregates.replaceCell(failed);
    if (outcome === 'replaced') this.remember(failed);
    return outcome === 'replaced' ? AGGREGATE_TOO_LARGE : outcome;
  }

  private async replaceIfItFits(
    cell: EquipmentHourCell,
  ): Promise<ReplaceOutcome | typeof AGGREGATE_TOO_LARGE> {
    try {
      return await this.aggregates.replaceCell(cell);
    } catch (error) {
      if (error instanceof DomainError && error.code === AGGREGATE_TOO_LARGE) return error.code;
      throw error;
    }
  }

  /** Slots are too large to be kept in memory for every hour; they are read with the version. */
  private remember(cell: EquipmentHourCell): void {
    if (!cell.slots) this.lock.remember(equipmentHourId(cell), cell.version);
  }
}

function cellOf(of: EquipmentHour, version: number, { slots, isDense }: Fold): EquipmentHourCell {
  return { ...of, version, metrics: joinSlots(slots), ...(isDense && { slots }) };
}
