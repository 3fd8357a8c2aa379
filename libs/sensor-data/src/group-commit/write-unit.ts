import type { Instant } from '@sensorflow/kernel';
import type { InBag } from './bag.js';
import type { CallerLine } from './callers.js';
import type { GroupPlace } from './joinable-groups.js';
import type { LogRow } from '../log/block-builder.js';
import type { PutOutcome } from '../log/block-store.js';
import type { StoredBlock } from '../log/block.js';
import { hourOf, offsetOf, type HourText } from '../log/hour-time.js';
import type { Reading, ReadingIdentity } from '../reading.js';

/** `ready` for a call to the store → `in-flight` → `done`, or `delayed` by backoff and `ready` again. */
export type UnitState = 'ready' | 'in-flight' | 'delayed' | 'done';

/** A unit in a caller's line, and everyone who waits for it. */
abstract class InLine {
  state: UnitState = 'ready';
  readySinceEpochMs = 0;

  constructor(readonly caller: CallerLine<WriteUnit>) {}

  /** Forgets waiters that were answered; otherwise a hanging call would keep them in memory. */
  abstract dropAnswered(): void;

  /** The outcome to report to a waiter that is given up now. */
  abstract get failure(): 'not-stored' | 'unknown';
}

/**
 * Readings of one caller, equipment and hour that wait to be sent. More can join until then, which makes blocks
 * full.
 */
export class OpenGroup extends InLine {
  waiters: WaitingReading[];

  constructor(
    first: WaitingReading,
    readonly place: GroupPlace<WriteUnit>,
    readonly equipmentId: string,
    readonly hour: HourText,
  ) {
    super(first.call.caller);
    this.waiters = [first];
    first.unit = this;
  }

  add(waiter: WaitingReading): void {
    this.waiters.push(waiter);
    waiter.unit = this;
  }

  override dropAnswered(): void {
    this.waiters = this.waiters.filter(({ isOpen }) => isOpen);
  }

  /** A waiter that is given up now will be in no block. */
  override get failure(): 'not-stored' {
    return 'not-stored';
  }
}

/** A block that was sealed: every attempt sends the same. */
export class SealedBlock extends InLine {
  /** An attempt may have stored it, or still may. */
  maybeLanded = false;
  private notStoredAttempts = 0;
  private unknownAttempts = 0;

  constructor(
    caller: CallerLine<WriteUnit>,
    readonly block: StoredBlock,
    readonly registerTime: Instant,
    public waiters: readonly Waiter[],
    /** Sealed here, under a stamp of this process: no other block has its key. */
    readonly isOwn: boolean,
  ) {
    super(caller);
    for (const waiter of waiters) waiter.unit = this;
  }

  override dropAnswered(): void {
    this.waiters = this.waiters.filter(({ isOpen }) => isOpen);
  }

  hasKeyOf({ block: { equipmentId, key } }: SealedBlock): boolean {
    return this.block.key === key && this.block.equipmentId === equipmentId;
  }

  /** How often it has failed in this way; each kind of failure has its own backoff. */
  noteFailure(outcome: 'not-stored' | 'unknown'): number {
    if (outcome === 'not-stored') return (this.notStoredAttempts += 1);
    this.maybeLanded = true;
    return (this.unknownAttempts += 1);
  }

  /** Unknown while an attempt may have stored it, may still, or will be made for others who wait. */
  override get failure(): 'not-stored' | 'unknown' {
    const mayLand = this.maybeLanded || this.state === 'in-flight' || this.waiters.length > 0;
    return mayLand ? 'unknown' : 'not-stored';
  }
}

export type WriteUnit = OpenGroup | SealedBlock;

/** What became of one reading, or one block: stored and confirmed, or why not (see PutOutcome). */
export type WriteOutcome =
  | {
      readonly outcome: 'stored';
      /** When it was taken in. */
      readonly registerTime: Instant;
    }
  | { readonly outcome: Exclude<PutOutcome, 'stored'> };

/** One position in the answer to one call. */
export interface Waiter {
  readonly call: WriteCall;
  readonly position: number;
  /** Unanswered. */
  isOpen: boolean;
  /** What decides it. */
  unit: WriteUnit | undefined;
}

/** A reading on its way into a block. */
export interface WaitingReading extends LogRow, Waiter {}

export function waitingReading(
  call: WriteCall,
  position: number,
  { timestamp, values, tags }: Reading,
): WaitingReading {
  const offsetNs = offsetOf(timestamp);
  return { call, position, isOpen: true, unit: undefined, offsetNs, values, tags };
}

/** At least so many blocks. By two keys, because joining them to one makes a text of each reading. */
export function countEquipmentHours(readings: readonly ReadingIdentity[]): number {
  const hours = new Map<HourText, Set<string>>();
  for (const { equipmentId, timestamp } of readings) {
    const hour = hourOf(timestamp);
    const equipment = hours.get(hour);
    if (equipment) equipment.add(equipmentId);
    else hours.set(hour, new Set([equipmentId]));
  }
  let count = 0;
  for (const equipment of hours.values()) count += equipment.size;
  return count;
}

/** One admitted call; it is answered when all of its positions are. */
export class WriteCall implements InBag {
  bagPlace = -1;
  readonly waiters: Waiter[] = [];
  private readonly outcomes: WriteOutcome[] = [];
  private open = 0;

  constructor(
    readonly caller: CallerLine<WriteUnit>,
    readonly deadlineEpochMs: number,
    /** About what it holds in memory. */
    readonly bytes: number,
    private readonly resolve: (outcomes: readonly WriteOutcome[]) => void,
  ) {}

  expect<W extends Waiter>(waiter: W): W {
    this.waiters.push(waiter);
    this.open += 1;
    return waiter;
  }

  /** True when this was the last open position and the caller was answered. */
  answer(waiter: Waiter, outcome: WriteOutcome): boolean {
    waiter.isOpen = false;
    // The others of the call may wait for long.
    waiter.unit = undefined;
    this.outcomes[waiter.position] = outcome;
    this.open -= 1;
    if (this.open > 0) return false;
    this.resolve(this.outcomes);
    return true;
  }
}
