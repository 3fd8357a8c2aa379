import { Callers, type CallerLine } from './group-commit-callers.js';
import { KeyTurn, type PendingPut } from './group-commit-put.js';

/**
 * The puts of a group commit, in order: for each key at most one is ready, delayed or in flight, and
 * the others of that key stand behind it. A batch taken from here can name no key twice. Other work on
 * a key takes its turn among them.
 */
export class PutQueue {
  readonly callers = new Callers<PendingPut>();
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
    if (before === undefined) return this.makeReady(put, 'fresh', nowEpochMs);
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
    this.makeReady(put, 'again', nowEpochMs);
  }

  /** A caller that shares the put of another waits for it no longer than for one of its own. */
  share(put: PendingPut, caller: CallerLine<PendingPut>): void {
    if (put.caller === caller || put.state !== 'ready') return;
    caller.fresh.push(put);
    this.callers.giveTurn(caller);
  }

  /** The next puts to send, at most so many, now in flight. */
  take(max: number): PendingPut[] {
    const taken: PendingPut[] = [];
    while (taken.length < max) {
      const put = this.callers.shift();
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
      this.makeReady(behind, 'again', nowEpochMs);
    }
  }

  private makeReady(put: PendingPut | KeyTurn, line: 'again' | 'fresh', nowEpochMs: number): void {
    if (put instanceof KeyTurn) {
      put.state = 'in-flight';
      put.begin();
      return;
    }
    put.state = 'ready';
    put.readySinceEpochMs = nowEpochMs;
    this.readyCount += 1;
    put.caller[line].push(put);
    this.callers.giveTurn(put.caller);
  }
}
