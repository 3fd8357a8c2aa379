import { Callers } from './callers.js';
import { JoinableGroups } from './joinable-groups.js';
import { hourOf } from '../log/hour-time.js';
import type { ReadingIdentity } from '../reading.js';
import type { SealGroup } from './seal-group.js';
import { OpenGroup, SealedBlock, type WaitingReading, type WriteUnit } from './write-unit.js';

/** A group that is so large leaves as some blocks at once: readings that come later begin another. */
const MAX_READINGS_PER_GROUP = 500;

/**
 * What waits for a call to the store, by callers who take turns: groups of readings that are still open,
 * and sealed blocks. There is no order between blocks: stamps decide what stands.
 */
export class UnitQueue {
  readonly callers = new Callers<WriteUnit>();
  private readyCount = 0;
  private delayedCount = 0;
  /** How many blocks of each equipment are in backoff. */
  private readonly delayedOf = new Map<string, number>();

  constructor(private readonly sealGroup: SealGroup) {}

  get ready(): number {
    return this.readyCount;
  }

  /** Equipment of which blocks are in backoff. */
  get delayedEquipment(): number {
    return this.delayedOf.size;
  }

  /** Units that are not with the store now. */
  get waiting(): number {
    return this.readyCount + this.delayedCount;
  }

  /** Lets a reading wait for the caller's next block of its equipment and hour. */
  join(
    waiter: WaitingReading,
    { equipmentId, timestamp }: ReadingIdentity,
    nowEpochMs: number,
  ): void {
    const { caller } = waiter.call;
    const open = (caller.open ??= new JoinableGroups<WriteUnit>());
    const hour = hourOf(timestamp);
    const place = open.placeOf(equipmentId, hour);
    const { group } = place;
    if (group instanceof OpenGroup && group.waiters.length < MAX_READINGS_PER_GROUP) {
      group.add(waiter);
      return;
    }
    const next = new OpenGroup(waiter, place, equipmentId, hour);
    open.put(place, next);
    this.makeReady(next, 'fresh', nowEpochMs);
  }

  addSealed(block: SealedBlock, nowEpochMs: number): void {
    this.makeReady(block, 'fresh', nowEpochMs);
  }

  delay(block: SealedBlock): void {
    block.state = 'delayed';
    this.countDelayed(block, 1);
  }

  /** Its backoff is over; unless it is all over by now. */
  resume(block: SealedBlock, nowEpochMs: number): void {
    if (block.state !== 'delayed') return;
    this.countDelayed(block, -1);
    this.makeReady(block, 'again', nowEpochMs);
  }

  /**
   * The next blocks to send, at most so many, now in flight. No two of one key, which the store would
   * refuse: blocks that were sealed elsewhere can name the same one, as two marks of one import do.
   */
  take(max: number, nowEpochMs: number): readonly SealedBlock[] {
    const taken: SealedBlock[] = [];
    const postponed: SealedBlock[] = [];
    while (taken.length < max) {
      const next = this.nextBlock(nowEpochMs);
      if (next === undefined) break;
      const isTaken = !next.isOwn && taken.some((other) => other.hasKeyOf(next));
      (isTaken ? postponed : taken).push(next);
    }
    for (const block of taken) block.state = 'in-flight';
    for (const block of postponed) this.makeReady(block, 'again', nowEpochMs);
    return taken;
  }

  /** A turn is one block's: what else a group was packed into waits for its caller's next turns. */
  private nextBlock(nowEpochMs: number): SealedBlock | undefined {
    const unit = this.callers.shift();
    if (unit === undefined) return undefined;
    this.leaveLine(unit);
    if (unit instanceof SealedBlock) return unit;
    this.close(unit);
    const blocks = this.sealGroup(unit);
    for (const block of blocks) if (block !== blocks[0]) this.makeReady(block, 'again', nowEpochMs);
    return blocks[0];
  }

  private close(group: OpenGroup): void {
    group.state = 'done';
    const { caller, place } = group;
    caller.open?.remove(place, group);
    if (caller.open?.isEmpty) caller.open = undefined;
  }

  /** Takes a unit out for good, wherever it stands. */
  finish(unit: WriteUnit): void {
    if (unit.state === 'ready') this.leaveLine(unit);
    if (unit instanceof OpenGroup) this.close(unit);
    else if (unit.state === 'delayed') this.countDelayed(unit, -1);
    unit.state = 'done';
  }

  private countDelayed({ block: { equipmentId } }: SealedBlock, change: 1 | -1): void {
    this.delayedCount += change;
    const count = (this.delayedOf.get(equipmentId) ?? 0) + change;
    if (count === 0) this.delayedOf.delete(equipmentId);
    else this.delayedOf.set(equipmentId, count);
  }

  private makeReady(unit: WriteUnit, line: 'again' | 'fresh', nowEpochMs: number): void {
    unit.state = 'ready';
    unit.readySinceEpochMs = nowEpochMs;
    this.readyCount += 1;
    unit.caller.waiting += 1;
    unit.caller[line].push(unit);
    this.callers.giveTurn(unit.caller);
  }

  private leaveLine(unit: WriteUnit): void {
    this.readyCount -= 1;
    unit.caller.waiting -= 1;
  }
}
