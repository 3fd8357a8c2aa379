import { DomainError, type Instant } from '@sensorflow/kernel';
import { AGGREGATE_TOO_LARGE, type EquipmentHour } from './aggregate-store.js';
import { hourOf } from './hour.js';
import { equipmentHourKey, type HourRecomputer } from './hour-recomputer.js';

/** A reading was inserted, replaced or removed; which of these makes no difference. */
export interface ReadingChange {
  /** The stream's name for this record; opaque. */
  readonly sequenceNumber: string;
  /** Undefined when the record could not be understood. */
  readonly reading: { readonly equipmentId: string; readonly timestamp: Instant } | undefined;
}

export interface BatchOutcome {
  /** Distinct equipment-hours of the batch. */
  readonly dirtyHours: number;
  readonly failures: readonly BatchFailure[];
  /**
   * Where the stream has to start again: the earliest failed record. Lambda delivers everything from
   * the lowest reported one again, so that naming more would say nothing more.
   */
  readonly firstFailed: string | undefined;
  /** Done, but not shown: they have more metrics than a cell holds. No failures, so that no stream stops. */
  readonly tooLarge: readonly EquipmentHour[];
}

export interface BatchFailure {
  /** Place of the failure's first record in the batch. */
  readonly position: number;
  /** Undefined for a record that could not be understood. */
  readonly equipmentHour: EquipmentHour | undefined;
  readonly error: unknown;
}

interface DirtyHour {
  readonly equipmentHour: EquipmentHour;
  readonly position: number;
}

/** Hours recomputed at once: enough to hide the store's latency behind each other. */
const CONCURRENCY = 8;

/** Turns a batch of the readings' stream into recomputed hours: each record only says that its hour is dirty. */
export class StreamBatchAggregator {
  constructor(private readonly recomputer: HourRecomputer) {}

  /**
   * Recomputes each dirty hour once. A failure does not hold up the hours behind it, which stay fresh
   * while the stream tries the failed one again; every failure is in the outcome, none is thrown.
   */
  async aggregate(
    changes: readonly ReadingChange[],
    deadlineEpochMs: number,
  ): Promise<BatchOutcome> {
    const dirty = dirtyHours(changes);
    const recomputed = await this.recomputeAll(dirty, deadlineEpochMs);
    const failures = [...malformed(changes), ...recomputed.failures];
    failures.sort((a, b) => a.position - b.position);
    const first = failures[0];
    return {
      dirtyHours: dirty.length,
      failures,
      firstFailed: first && changes[first.position]?.sequenceNumber,
      tooLarge: recomputed.tooLarge,
    };
  }

  private async recomputeAll(
    dirty: readonly DirtyHour[],
    deadlineEpochMs: number,
  ): Promise<Pick<BatchOutcome, 'failures' | 'tooLarge'>> {
    const failures: BatchFailure[] = [];
    const tooLarge: EquipmentHour[] = [];
    const remaining = dirty.values();
    const work = async (): Promise<void> => {
      for (const { equipmentHour, position } of remaining) {
        try {
          const outcome = await this.recomputer.recomputeHour(equipmentHour, deadlineEpochMs);
          if (outcome === AGGREGATE_TOO_LARGE) tooLarge.push(equipmentHour);
        } catch (error) {
          failures.push({ position, equipmentHour, error });
        }
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, work));
    return { failures, tooLarge };
  }
}

/** In the order of their first records, so that the stream's checkpoint moves while time lasts. */
function dirtyHours(changes: readonly ReadingChange[]): readonly DirtyHour[] {
  const dirty = new Map<string, DirtyHour>();
  for (const [position, { reading }] of changes.entries()) {
    if (reading === undefined) continue;
    const equipmentHour = { equipmentId: reading.equipmentId, hour: hourOf(reading.timestamp) };
    const key = equipmentHourKey(equipmentHour);
    if (!dirty.has(key)) dirty.set(key, { equipmentHour, position });
  }
  return [...dirty.values()];
}

function malformed(changes: readonly ReadingChange[]): readonly BatchFailure[] {
  return [...changes.entries()]
    .filter(([, { reading }]) => reading === undefined)
    .map(([position]) => ({
      position,
      equipmentHour: undefined,
      error: new DomainError(
        'invalid',
        'stream-record-malformed',
        'The record does not name a reading.',
      ),
    }));
}
