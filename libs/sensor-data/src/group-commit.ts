import { instantFromEpochMs, type Clock, type Instant } from '@sensorflow/kernel';
import { Admission, overloaded, shuttingDown } from './group-commit-admission.js';
import { Alarm } from './group-commit-alarm.js';
import type { CallerLine } from './group-commit-callers.js';
import { GROUP_COMMIT_OPTIONS, type GroupCommitOptions } from './group-commit-options.js';
import { estimatedBytes, KeyTurn, PendingPut, WriteCall, type Waiter } from './group-commit-put.js';
import { PutQueue } from './group-commit-queue.js';
import { BatchSender, type SenderListener } from './group-commit-sender.js';
import { readingBusy } from './reading-busy.js';
import type { ReadingStore } from './reading-store.js';
import { ReadingWriter, type WriteOutcome } from './reading-writer.js';
import { readingKey, type Reading, type ReadingIdentity } from './reading.js';
import { SteadyClock } from './steady-clock.js';

/** What a group commit did since its start, and what it holds now. */
export interface GroupCommitCounters {
  /** Puts that wait, now. */
  readonly queued: number;
  /** Calls to the store, now. */
  readonly inFlight: number;
  /** Calls to the store so far, and the puts in them. */
  readonly batches: number;
  readonly items: number;
  /** Puts that had to be sent again. */
  readonly retries: number;
  /** Readings answered `unknown`. */
  readonly unknown: number;
  /** Readings refused as overload. */
  readonly shed: number;
}

interface CallInLine {
  readonly readings: readonly Reading[];
  readonly callerId: string;
  readonly resolve: (outcomes: readonly WriteOutcome[]) => void;
  readonly reject: (error: Error) => void;
}

/** Writes that name no caller take their turns together. */
const NOBODY_IN_PARTICULAR = '';

/**
 * Lets concurrent writes share `ReadingStore.putAll` calls of up to 25 keys. A batch leaves at once
 * when a slot is free; the more calls are in flight, the fuller batches become. Callers
 * take turns. The one retry layer: its store makes one attempt a call. See decision 0006.
 *
 * Concurrent writes of one key take effect in the order of their arrival, as far as this process can
 * say: not across processes, and not when an attempt of unknown outcome still lands after its answer.
 */
export class GroupCommit extends ReadingWriter {
  protected readonly clock: Clock;
  private readonly queue = new PutQueue();
  private readonly sender: BatchSender;
  private readonly admission: Admission;
  private readonly alarm: Alarm;
  private readonly openCalls = new Set<WriteCall>();
  private readonly line: CallInLine[] = [];
  private openReadings = 0;
  private openBytes = 0;
  private unknownReadings = 0;
  private shedReadings = 0;
  private nextDeadlineEpochMs = Infinity;
  private latestDeadlineEpochMs = Infinity;
  private isPumpDue = false;
  private registered: { readonly epochMs: number; readonly instant: Instant } | undefined;
  private closing: Promise<void> | undefined;
  private onDrained: () => void = () => undefined;

  constructor(
    store: ReadingStore,
    private readonly wallClock: Clock,
    protected readonly options: GroupCommitOptions = GROUP_COMMIT_OPTIONS,
  ) {
    super();
    this.clock = new SteadyClock(wallClock);
    this.alarm = new Alarm(this.clock, options.setAlarm, () => this.sweep(this.clock.nowEpochMs()));
    this.sender = this.createSender(store, this.queue, {
      over: (put, outcome, nowEpochMs) => this.conclude(put, outcome, nowEpochMs),
      delayed: (put, untilEpochMs, nowEpochMs) => this.dismiss(put, untilEpochMs, nowEpochMs),
      settled: (nowEpochMs) => this.admitFromLine(nowEpochMs),
      wakeAt: (epochMs) => this.alarm.setFor(epochMs),
    });
    this.admission = new Admission(options, this.queue, this.sender.rate);
  }

  protected createSender(
    store: ReadingStore,
    queue: PutQueue,
    listener: SenderListener,
  ): BatchSender {
    return new BatchSender(store, this.clock, this.options, queue, listener);
  }

  get counters(): GroupCommitCounters {
    return {
      ...this.sender.totals,
      queued: this.queue.waiting,
      inFlight: this.sender.callsInFlight,
      unknown: this.unknownReadings,
      shed: this.shedReadings,
    };
  }

  override write(
    readings: readonly Reading[],
    callerId = NOBODY_IN_PARTICULAR,
  ): Promise<readonly WriteOutcome[]> {
    if (readings.length === 0) return Promise.resolve([]);
    if (this.closing) return Promise.reject(shuttingDown());
    const nowEpochMs = this.clock.nowEpochMs();
    const caller = this.queue.callers.lineOf(callerId);
    if (this.line.length === 0 && !this.isFull(readings, caller, nowEpochMs)) {
      return new Promise((resolve) => this.admit(readings, caller, resolve, nowEpochMs));
    }
    this.queue.callers.release(caller);
    if (this.options.whenFull === 'wait') {
      return new Promise((resolve, reject) =>
        this.line.push({ readings, callerId, resolve, reject }),
      );
    }
    this.shedReadings += readings.length;
    return Promise.reject(overloaded(this.options.random()));
  }

  override async inTurn<T>(identity: ReadingIdentity, work: () => Promise<T>): Promise<T> {
    if (this.closing) throw shuttingDown();
    const { promise: begun, resolve: begin } = Promise.withResolvers<boolean>();
    const turn = new KeyTurn(this.keyOf(identity), () => begin(true));
    this.queue.add(turn, this.clock.nowEpochMs());
    try {
      if (turn.state === 'behind' && !(await this.inTime(begun))) throw readingBusy();
      return await work();
    } finally {
      const nowEpochMs = this.clock.nowEpochMs();
      this.queue.finish(turn, nowEpochMs);
      this.sender.pump(nowEpochMs);
    }
  }

  private inTime(begun: Promise<boolean>): Promise<boolean> {
    return Promise.race([begun, this.clock.sleep(this.options.budgetMs).then(() => false)]);
  }

  override answerWithin(durationMs: number): void {
    this.latestDeadlineEpochMs = this.clock.nowEpochMs() + durationMs;
  }

  /**
   * Admits nothing more (`shutting-down`) and resolves when all that was admitted is answered, which
   * the deadlines see to.
   */
  close(): Promise<void> {
    this.closing ??= new Promise((resolve) => {
      this.onDrained = resolve;
    });
    for (const { reject } of this.line.splice(0)) reject(shuttingDown());
    this.noteDrained();
    return this.closing;
  }

  private noteDrained(): void {
    if (!this.closing || this.openCalls.size > 0) return;
    this.alarm.silence();
    this.onDrained();
  }

  protected isFull(
    readings: readonly Reading[],
    caller: CallerLine<PendingPut>,
    nowEpochMs: number,
  ): boolean {
    const { freeCalls } = this.sender;
    const load = { readings: this.openReadings, bytes: this.openBytes, freeCalls };
    return this.admission.isFull(readings, caller, load, nowEpochMs);
  }

  private admit(
    readings: readonly Reading[],
    caller: CallerLine<PendingPut>,
    resolve: (outcomes: readonly WriteOutcome[]) => void,
    nowEpochMs: number,
  ): void {
    const budgetEndEpochMs = nowEpochMs + this.admission.budgetMs(readings.length);
    const deadlineEpochMs = Math.min(budgetEndEpochMs, this.latestDeadlineEpochMs);
    const call = new WriteCall(caller, deadlineEpochMs, resolve);
    const [only] = readings;
    if (only && readings.length === 1) {
      call.waitFor(this.putFor(this.keyOf(only), only, caller, nowEpochMs));
    } else this.addDistinct(call, readings, nowEpochMs);
    this.openCalls.add(call);
    this.openReadings += readings.length;
    caller.readings += readings.length;
    this.watch(deadlineEpochMs);
    this.pumpSoon();
  }

  private admitFromLine(nowEpochMs: number): void {
    for (let next = this.line[0]; next; next = this.line[0]) {
      const caller = this.queue.callers.lineOf(next.callerId);
      if (this.isFull(next.readings, caller, nowEpochMs)) return this.queue.callers.release(caller);
      this.line.shift();
      this.admit(next.readings, caller, next.resolve, nowEpochMs);
    }
  }

  /** The last reading of a key stands for all of them in the call. */
  private addDistinct(call: WriteCall, readings: readonly Reading[], nowEpochMs: number): void {
    const lastOf = new Map<string, Reading>();
    const keys = readings.map((reading) => {
      const key = this.keyOf(reading);
      lastOf.set(key, reading);
      return key;
    });
    const put = (key: string, reading: Reading) =>
      this.putFor(key, reading, call.caller, nowEpochMs);
    if (lastOf.size === keys.length) {
      for (const [key, reading] of lastOf) call.waitFor(put(key, reading));
      return;
    }
    const putOf = new Map(Array.from(lastOf, ([key, reading]) => [key, put(key, reading)]));
    for (const key of keys) {
      const pending = putOf.get(key);
      if (!pending) throw new RangeError('a call with a gap among its readings');
      call.waitFor(pending);
    }
  }

  /** The newest put of the key if it is the same and has not left yet; else a new one behind it. */
  private putFor(
    key: string,
    reading: Reading,
    caller: CallerLine<PendingPut>,
    nowEpochMs: number,
  ): PendingPut {
    const { equipmentId, timestamp, values, tags } = reading;
    const registerTime = this.registerTime();
    const stored = { equipmentId, timestamp, values, tags, registerTime };
    const last = this.queue.lastOf(key);
    if (last instanceof PendingPut && last.state !== 'in-flight' && last.holdsSame(reading)) {
      last.reading = stored;
      this.queue.share(last, caller);
      return last;
    }
    const put = new PendingPut(key, stored, estimatedBytes(reading), caller);
    this.openBytes += put.bytes;
    caller.bytes += put.bytes;
    this.queue.add(put, nowEpochMs);
    return put;
  }

  protected keyOf(reading: ReadingIdentity): string {
    return readingKey(reading);
  }

  /** Many readings arrive in one millisecond, and writing an instant costs as much as all the rest. */
  private registerTime(): Instant {
    const epochMs = this.wallClock.nowEpochMs();
    if (this.registered?.epochMs !== epochMs) {
      this.registered = { epochMs, instant: instantFromEpochMs(epochMs) };
    }
    return this.registered.instant;
  }

  /** Once for all writes that arrive together, so that they share a batch. */
  private pumpSoon(): void {
    if (this.isPumpDue) return;
    this.isPumpDue = true;
    queueMicrotask(() => {
      this.isPumpDue = false;
      this.sender.pump(this.clock.nowEpochMs());
    });
  }

  private conclude(put: PendingPut, outcome: 'stored' | 'refused', nowEpochMs: number): void {
    const answer: WriteOutcome =
      outcome === 'stored' ? { outcome, reading: put.reading } : { outcome };
    for (const waiter of put.waiters) if (waiter.isOpen) this.answer(waiter, answer);
    this.finish(put, nowEpochMs);
  }

  /** Who cannot wait for the next attempt hears at once what is known. */
  private dismiss(put: PendingPut, untilEpochMs: number, nowEpochMs: number): void {
    const answer = { outcome: put.failure };
    for (const waiter of put.waiters) {
      if (waiter.isOpen && waiter.call.deadlineEpochMs <= untilEpochMs) this.answer(waiter, answer);
    }
    this.forsake(put, nowEpochMs);
  }

  private answer(waiter: Waiter, answer: WriteOutcome): void {
    this.openReadings -= 1;
    waiter.call.caller.readings -= 1;
    if (answer.outcome === 'unknown') this.unknownReadings += 1;
    if (!waiter.call.answer(waiter, answer)) return;
    this.openCalls.delete(waiter.call);
    this.queue.callers.release(waiter.call.caller);
    this.noteDrained();
  }

  private finish(put: PendingPut, nowEpochMs: number): void {
    this.openBytes -= put.bytes;
    put.caller.bytes -= put.bytes;
    this.queue.finish(put, nowEpochMs);
    this.queue.callers.release(put.caller);
  }

  private watch(deadlineEpochMs: number): void {
    if (deadlineEpochMs < this.nextDeadlineEpochMs) this.nextDeadlineEpochMs = deadlineEpochMs;
    // Half a sweep early, so that a sweep finds the work of half a sweep.
    this.alarm.setFor(this.nextDeadlineEpochMs - this.options.sweepMs / 2);
  }

  /** All that time alone brings about: deadlines, late calls, batches that waited long enough. */
  protected sweep(nowEpochMs: number): void {
    this.sender.lookAtCalls(nowEpochMs);
    if (this.nextDeadlineEpochMs <= nowEpochMs + this.options.sweepMs) {
      this.answerOverdue(nowEpochMs + this.options.sweepMs, nowEpochMs);
    }
    this.admitFromLine(nowEpochMs);
    this.sender.pump(nowEpochMs);
    if (this.openCalls.size > 0) this.watch(this.nextDeadlineEpochMs);
    if (!this.closing) this.alarm.setFor(this.sender.nextLookEpochMs);
  }

  private answerOverdue(dueEpochMs: number, nowEpochMs: number): void {
    const forsaken = new Set<PendingPut>();
    this.nextDeadlineEpochMs = Infinity;
    for (const call of this.openCalls) {
      if (call.deadlineEpochMs > dueEpochMs) {
        this.nextDeadlineEpochMs = Math.min(this.nextDeadlineEpochMs, call.deadlineEpochMs);
        continue;
      }
      for (const waiter of call.waiters) {
        if (!waiter.isOpen) continue;
        this.answer(waiter, { outcome: waiter.put.failure });
        forsaken.add(waiter.put);
      }
    }
    for (const put of forsaken) this.forsake(put, nowEpochMs);
    this.queue.callers.compact();
  }

  /** Lets go of those answered. What is with the store is not over before the store says so. */
  private forsake(put: PendingPut, nowEpochMs: number): void {
    if (put.waiters.length > put.openWaiters)
      put.waiters = put.waiters.filter(({ isOpen }) => isOpen);
    if (put.openWaiters === 0 && put.state !== 'in-flight') this.finish(put, nowEpochMs);
  }
}
