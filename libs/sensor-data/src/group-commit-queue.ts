import { KeyTurn, type PendingPut } from './group-commit-put.js';

/**
 * The puts of a group commit, in order: for each key at most one is ready, delayed or in flight, and
 * the others of that key stand behind it. A batch taken from here can name no key twice. Other work on
 * a key takes its turn among them.
 */
export class PutQueue {
  /** Before `fresh`: what was tried already, or waited for another put of its key. */
  private readonly again = new Fifo();
  private readonly fresh = new Fifo();
  private readonly lastOfKey = new Map<string, PendingPut | KeyTurn>();
  private readyCount = 0;
  private delayedCount = 0;
  private behindCount = 0;

  get ready(): number {
    return this.readyCount;
  }

  /** Puts that are not with the store now. */
  get waiting(): number {
    return this.readyCount + this.delayedCount + this.behindCount;
  }

  /** Puts whose backoff runs. */
  get delayed(): number {
    return this.delayedCount;
  }

  /** The last in the key's line, if there is one. */
  lastOf(key: string): PendingPut | KeyTurn | undefined {
    return this.lastOfKey.get(key);
  }

  add(put: PendingPut | KeyTurn, nowEpochMs: number): void {
    const before = this.lastOfKey.get(put.key);
    this.lastOfKey.set(put.key, put);
    if (before === undefined) return this.makeReady(put, this.fresh, nowEpochMs);
    put.ahead = before;
    before.behind = put;
    this.behindCount += 1;
  }

  delay(put: PendingPut): void {
    put.state = 'delayed';
    this.delayedCount += 1;
  }

  /** Its backoff is over; unless it is all over by now. */
  resume(put: PendingPut, nowEpochMs: number): void {
    if (put.state !== 'delayed') return;
    this.delayedCount -= 1;
    this.makeReady(put, this.again, nowEpochMs);
  }

  /** The next puts to send, at most so many, now in flight. */
  take(max: number): PendingPut[] {
    const taken: PendingPut[] = [];
    while (taken.length < max) {
      const put = this.again.shift() ?? this.fresh.shift();
      if (put === undefined) break;
      put.state = 'in-flight';
      taken.push(put);
    }
    this.readyCount -= taken.length;
    return taken;
  }

  /** Takes a put out for good, wherever it stands; the next one of its key takes its turn. */
  finish(put: PendingPut | KeyTurn, nowEpochMs: number): void {
    if (put.state === 'ready') this.readyCount -= 1;
    else if (put.state === 'delayed') this.delayedCount -= 1;
    else if (put.state === 'behind') this.behindCount -= 1;
    put.state = 'done';
    const { ahead, behind } = put;
    if (ahead) ahead.behind = behind;
    if (behind) behind.ahead = ahead;
    else if (ahead) this.lastOfKey.set(put.key, ahead);
    else this.lastOfKey.delete(put.key);
    if (behind && !ahead) {
      this.behindCount -= 1;
      this.makeReady(behind, this.again, nowEpochMs);
    }
  }

  /** Since when the put that waits longest for a slot does so: what stands first, not what came first. */
  oldestReadySinceEpochMs(): number | undefined {
    const again = this.again.peek()?.readySinceEpochMs;
    const fresh = this.fresh.peek()?.readySinceEpochMs;
    return again === undefined ? fresh : Math.min(again, fresh ?? again);
  }

  /** Lets go of puts that were finished while they stood in line. */
  compact(): void {
    this.again.compact();
    this.fresh.compact();
  }

  private makeReady(put: PendingPut | KeyTurn, line: Fifo, nowEpochMs: number): void {
    if (put instanceof KeyTurn) {
      put.state = 'in-flight';
      put.begin();
      return;
    }
    put.state = 'ready';
    put.readySinceEpochMs = nowEpochMs;
    this.readyCount += 1;
    line.push(put);
  }
}

/** A line that passes over puts which are no longer ready. `Array.shift` alone moves all the others. */
class Fifo {
  private puts: PendingPut[] = [];
  private first = 0;

  push(put: PendingPut): void {
    this.puts.push(put);
  }

  peek(): PendingPut | undefined {
    for (; this.first < this.puts.length; this.first += 1) {
      const put = this.puts[this.first];
      if (put?.state === 'ready') return put;
    }
    this.puts.length = 0;
    this.first = 0;
    return undefined;
  }

  shift(): PendingPut | undefined {
    const put = this.peek();
    if (put === undefined) return undefined;
    this.first += 1;
    if (this.first >= 1024 && this.first * 2 >= this.puts.length) this.cut();
    return put;
  }

  compact(): void {
    this.cut();
    this.puts = this.puts.filter(({ state }) => state === 'ready');
  }

  private cut(): void {
    this.puts = this.puts.slice(this.first);
    this.first = 0;
  }
}
