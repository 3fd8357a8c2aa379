import { RecentMap, type Clock } from '@sensorflow/kernel';
import { equipmentHourId, type CellState, type EquipmentHour } from './aggregate-store.js';
import type { Hour } from './hour.js';

/** Of each of two generations, about 150 bytes each; what is forgotten is recomputed once more. */
const REMEMBERED_AGES = 20_000;
/** With more cells waiting, changes are recomputed at once. */
const MOST_WAITING = 50_000;

/** As of when the recomputation will hold that was put off: that of the latest batch that changed the cell. */
type WaitingHour = EquipmentHour & Pick<CellState, 'asOf'>;

/**
 * Which changes of open hours can wait, and which cells wait for their refresh: record 0020. A cell is
 * refreshed once in each period, which begins for each equipment at another moment. Only what this process
 * recomputed itself can wait, so that the cell is known to exist.
 */
export class OpenHours {
  private readonly recomputedAt = new RecentMap<string, number>(REMEMBERED_AGES);
  private readonly waiting = new Map<string, WaitingHour>();

  /** @param refreshMs 0: nothing ever waits */
  constructor(
    private readonly clock: Clock,
    private readonly refreshMs: number,
  ) {}

  get waitingCells(): number {
    return this.waiting.size;
  }

  /**
   * Puts off the recomputation of a changed cell, if it can wait.
   *
   * @param frontier as it was read after the change was heard of
   */
  postpone(cell: WaitingHour, frontier: Hour): boolean {
    const id = equipmentHourId(cell);
    const canWait =
      cell.hour >= frontier && this.isFresh(cell, id) && this.waiting.size < MOST_WAITING;
    if (canWait) this.waiting.set(id, cell);
    return canWait;
  }

  /** Cells that wait and whose period is over. */
  due(): readonly WaitingHour[] {
    return [...this.waiting]
      .filter(([id, cell]) => !this.isFresh(cell, id))
      .map(([, cell]) => cell);
  }

  /** Recomputes a cell; if that fails and the cell waited, it waits on. */
  async recompute<T>(cell: WaitingHour, recompute: () => Promise<T>): Promise<T> {
    const id = equipmentHourId(cell);
    const beganAt = this.clock.nowEpochMs();
    const hasWaited = this.waiting.delete(id);
    this.recomputedAt.delete(id);
    try {
      const outcome = await recompute();
      this.recomputedAt.set(id, beganAt);
      return outcome;
    } catch (error) {
      if (hasWaited) this.waiting.set(id, cell);
      throw error;
    }
  }

  private isFresh({ equipmentId }: EquipmentHour, id: string): boolean {
    const recomputedAt = this.recomputedAt.get(id);
    if (recomputedAt === undefined || this.refreshMs === 0) return false;
    const phaseMs = phaseOf(equipmentId) % this.refreshMs;
    return this.periodOf(recomputedAt, phaseMs) === this.periodOf(this.clock.nowEpochMs(), phaseMs);
  }

  private periodOf(epochMs: number, phaseMs: number): number {
    return Math.floor((epochMs + phaseMs) / this.refreshMs);
  }
}

/** FNV-1a, for its spread: any number that differs between equipment will do. */
function phaseOf(equipmentId: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < equipmentId.length; at += 1) {
    hash = Math.imul(hash ^ equipmentId.charCodeAt(at), 0x01000193);
  }
  return hash >>> 0;
}
