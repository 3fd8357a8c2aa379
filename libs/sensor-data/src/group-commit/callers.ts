import type { JoinableGroups } from './joinable-groups.js';

/** What stands in a line, and is passed over once it is no longer ready. */
interface Queued {
  readonly state: string;
  readonly readySinceEpochMs: number;
}

/** Making a line costs as much as passing a reading through it; an empty one holds half a kilobyte. */
const MAX_IDLE_LINES = 1000;

/** What one caller has in a group commit. */
export class CallerLine<P extends Queued> {
  /** Before `fresh`: what was tried already. */
  readonly again = new Fifo<P>();
  readonly fresh = new Fifo<P>();
  /** Admitted and unanswered readings, and the bytes of its calls. */
  readings = 0;
  bytes = 0;
  /** What stands in its line, as its queue counts it. */
  waiting = 0;
  /** Made anew whenever there are some. */
  open: JoinableGroups<P> | undefined;
  /** Whether it stands among those who take turns. */
  hasTurn = false;

  constructor(readonly callerId: string) {}

  peek(): P | undefined {
    return this.again.peek() ?? this.fresh.peek();
  }

  shift(): P | undefined {
    return this.again.shift() ?? this.fresh.shift();
  }

  /** Since when the unit that waits longest for a slot does so: what stands first, not what came first. */
  oldestReadySinceEpochMs(): number {
    const again = this.again.peek()?.readySinceEpochMs ?? Infinity;
    return Math.min(again, this.fresh.peek()?.readySinceEpochMs ?? Infinity);
  }

  compact(): void {
    this.again.compact();
    this.fresh.compact();
  }
}

/**
 * Everyone whose readings are under way. Those with ready units take turns, one unit a turn (round robin),
 * so that a caller's wait depends on its own units and on the number of callers, not on how much others send.
 */
export class Callers<P extends Queued> {
  private readonly lines = new Map<string, CallerLine<P>>();
  private turns: CallerLine<P>[] = [];
  private next = 0;

  /** Those with ready units. */
  get waiting(): number {
    return this.turns.length - this.next;
  }

  lineOf(callerId: string): CallerLine<P> {
    const known = this.lines.get(callerId);
    if (known) return known;
    const line = new CallerLine<P>(callerId);
    this.lines.set(callerId, line);
    return line;
  }

  /** Forgets a caller who has nothing under way, but for some who will come again. */
  release(line: CallerLine<P>): void {
    if (line.readings > 0 || line.bytes > 0 || this.lines.size <= MAX_IDLE_LINES) return;
    this.lines.delete(line.callerId);
  }

  giveTurn(line: CallerLine<P>): void {
    if (line.hasTurn) return;
    line.hasTurn = true;
    this.turns.push(line);
  }

  /** The unit whose turn it is; passes over units that are no longer ready. */
  shift(): P | undefined {
    for (; this.next < this.turns.length;) {
      const line = this.turns[this.next++];
      if (this.next >= 1024 && this.next * 2 >= this.turns.length) this.cut();
      if (!line) break;
      const unit = line.shift();
      line.hasTurn = false;
      if (line.peek()) this.giveTurn(line);
      if (unit) return unit;
    }
    this.cut();
    return undefined;
  }

  /** Costs a look at every caller with a turn: for when they are few. */
  oldestReadySinceEpochMs(): number | undefined {
    let oldestEpochMs = Infinity;
    for (let index = this.next; index < this.turns.length; index += 1) {
      const sinceEpochMs = this.turns[index]?.oldestReadySinceEpochMs() ?? Infinity;
      if (sinceEpochMs < oldestEpochMs) oldestEpochMs = sinceEpochMs;
    }
    return oldestEpochMs === Infinity ? undefined : oldestEpochMs;
  }

  /** Lets go of units that were finished while they stood in line. */
  compact(): void {
    this.cut();
    for (const line of this.turns) line.compact();
    this.turns = this.turns.filter((line) => (line.hasTurn = line.peek() !== undefined));
  }

  private cut(): void {
    this.turns = this.turns.slice(this.next);
    this.next = 0;
  }
}

/** A line that passes over units which are no longer ready. `Array.shift` alone moves all the others. */
class Fifo<P extends Queued> {
  /** Undefined up to the first. */
  private units: (P | undefined)[] = [];
  private first = 0;

  push(unit: P): void {
    this.units.push(unit);
  }

  peek(): P | undefined {
    for (; this.first < this.units.length; this.first += 1) {
      const unit = this.units[this.first];
      if (unit?.state === 'ready') return unit;
      this.units[this.first] = undefined;
    }
    // Setting the length of an array costs more than all else here.
    if (this.first > 0) this.units.length = 0;
    this.first = 0;
    return undefined;
  }

  shift(): P | undefined {
    const unit = this.peek();
    if (unit === undefined) return undefined;
    this.units[this.first] = undefined;
    this.first += 1;
    if (this.first >= 1024 && this.first * 2 >= this.units.length) this.cut();
    return unit;
  }

  compact(): void {
    this.cut();
    this.units = this.units.filter((unit) => unit?.state === 'ready');
  }

  /** In place: an array that is left behind keeps all that stood in it until the next full collection (see Bag). */
  private cut(): void {
    this.units.splice(0, this.first);
    this.first = 0;
  }
}
