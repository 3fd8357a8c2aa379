import { instantFromEpochMs, type Clock } from '@sensorflow/kernel';
import { Bag } from './bag.js';
import { DeadlineTimer } from './deadline-timer.js';
import type { CallerLine } from './callers.js';
import { GROUP_COMMIT_OPTIONS, type GroupCommitOptions } from './group-commit-options.js';
import type { BlockStore } from '../log/block-store.js';
import type { StoredBlock } from '../log/block.js';
import { StampClock } from '../log/stamp.js';
import { ReadingWriter } from '../reading-writer.js';
import type { Reading } from '../reading.js';
import { SteadyClock } from './steady-clock.js';
import { BlockSender, type FinalOutcome, type SenderListener } from './block-sender.js';
import { estimatedBytes } from './estimated-bytes.js';
import { LoadShedder, overloaded, shuttingDown, type Arrival } from './load-shedder.js';
import { groupSealer, type SealGroup } from './seal-group.js';
import { UnitQueue } from './unit-queue.js';
import {
  SealedBlock,
  WriteCall,
  countEquipmentHours,
  waitingReading,
  type Waiter,
  type WriteOutcome,
  type WriteUnit,
} from './write-unit.js';

/** Counters since the start, and what the group commit holds now. */
export interface GroupCommitCounters {
  /** Groups of readings and blocks that wait, now. */
  readonly queued: number;
  /** Calls to the store, now. */
  readonly inFlight: number;
  /** Calls to the store so far, and the blocks in them. */
  readonly calls: number;
  readonly blocks: number;
  /** Blocks that had to be sent again. */
  readonly retries: number;
  /** Readings answered `unknown`. */
  readonly unknown: number;
  /** Readings refused as overload. */
  readonly shed: number;
}

/** A call that was not admitted yet. */
interface ArrivingCall extends Arrival {
  readonly callerId: string;
  /** Creates the waiters of the call and puts their units into the queue. */
  readonly enqueue: (call: WriteCall, nowEpochMs: number) => void;
}

interface CallInLine {
  readonly arriving: ArrivingCall;
  readonly resolve: (outcomes: readonly WriteOutcome[]) => void;
  readonly reject: (error: Error) => void;
}

/** Writes that name no caller share one line. */
const NOBODY_IN_PARTICULAR = '';

export interface GroupCommitSettings {
  readonly options: GroupCommitOptions;
  readonly stamps: StampClock;
  /** When the store may delete the readings of an hour, in epoch seconds; undefined for never. */
  readonly expiresAtEpochSeconds: (hour: string) => number | undefined;
}

/**
 * Packs concurrent readings of one equipment and hour into blocks, and lets blocks share calls of up to
 * 25. A call is sent at once when a slot is free; the more calls are in flight, the fuller blocks and calls
 * become. Callers take turns. This is the only layer that retries: its store makes one attempt for each call. Every
 * attempt sends the same block, and stamps decide which value stands, so no write waits for another.
 * See decisions 0006 and 0019.
 */
export class GroupCommit extends ReadingWriter {
  protected readonly clock: Clock;
  protected readonly options: GroupCommitOptions;
  private readonly queue: UnitQueue;
  private readonly sender: BlockSender;
  private readonly loadShedder: LoadShedder;
  private readonly timer: DeadlineTimer;
  private readonly openCalls = new Bag<WriteCall>();
  private readonly line: CallInLine[] = [];
  private openReadings = 0;
  private openBytes = 0;
  private unknownReadings = 0;
  private shedReadings = 0;
  private nextDeadlineEpochMs = Infinity;
  private latestDeadlineEpochMs = Infinity;
  private isPumpDue = false;
  private closing: Promise<void> | undefined;
  private onDrained: () => void = () => undefined;

  constructor(
    store: BlockStore,
    wallClock: Clock,
    {
      options = GROUP_COMMIT_OPTIONS,
      stamps = new StampClock(wallClock),
      expiresAtEpochSeconds = () => undefined,
    }: Partial<GroupCommitSettings> = {},
  ) {
    super();
    this.options = options;
    this.clock = new SteadyClock(wallClock);
    this.queue = new UnitQueue(this.createSealer(stamps, expiresAtEpochSeconds));
    this.timer = new DeadlineTimer(this.clock, options.setAlarm, () =>
      this.sweep(this.clock.nowEpochMs()),
    );
    this.sender = this.createSender(store, this.queue, {
      over: (block, outcome) => this.settleBlock(block, outcome),
      delayed: (block, untilEpochMs) => this.expireBefore(block, untilEpochMs),
      settled: (nowEpochMs) => this.admitFromLine(nowEpochMs),
      wakeAt: (epochMs) => this.timer.setFor(epochMs),
    });
    this.loadShedder = new LoadShedder(options, this.queue, this.sender.rate);
  }

  protected createSealer(...parts: Parameters<typeof groupSealer>): SealGroup {
    return groupSealer(...parts);
  }

  protected createSender(
    store: BlockStore,
    queue: UnitQueue,
    listener: SenderListener,
  ): BlockSender {
    return new BlockSender(store, this.clock, this.options, queue, listener);
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
    let bytes = 0;
    for (const reading of readings) bytes += estimatedBytes(reading);
    return this.take({
      callerId,
      readings: readings.length,
      units: readings.length === 1 ? 1 : countEquipmentHours(readings),
      bytes,
      enqueue: (call, nowEpochMs) => {
        let position = 0;
        for (const reading of readings) {
          const waiter = call.expect(waitingReading(call, position, reading));
          this.queue.join(waiter, reading, nowEpochMs);
          position += 1;
        }
      },
    });
  }

  override writeBlocks(
    blocks: readonly StoredBlock[],
    callerId = NOBODY_IN_PARTICULAR,
  ): Promise<readonly WriteOutcome[]> {
    return this.take({
      callerId,
      readings: blocks.length,
      units: blocks.length,
      bytes: blocks.length * BYTES_PER_BLOCK,
      enqueue: (call, nowEpochMs) => this.enqueueBlocks(call, blocks, nowEpochMs),
    });
  }

  private take(arriving: ArrivingCall): Promise<readonly WriteOutcome[]> {
    if (arriving.readings === 0) return Promise.resolve([]);
    if (this.closing) return Promise.reject(shuttingDown());
    const nowEpochMs = this.clock.nowEpochMs();
    const caller = this.queue.callers.lineOf(arriving.callerId);
    if (this.line.length === 0 && !this.isFull(arriving, caller, nowEpochMs)) {
      return new Promise((resolve) => this.admit(arriving, caller, resolve, nowEpochMs));
    }
    this.queue.callers.release(caller);
    if (this.options.whenFull === 'wait') {
      return new Promise((resolve, reject) => this.line.push({ arriving, resolve, reject }));
    }
    this.shedReadings += arriving.readings;
    return Promise.reject(overloaded(this.options.random()));
  }

  override answerWithin(durationMs: number): void {
    this.latestDeadlineEpochMs = this.clock.nowEpochMs() + durationMs;
  }

  /**
   * Admits nothing more (`shutting-down`) and resolves when everything admitted is answered, at the latest by its
   * deadline.
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
    this.timer.stop();
    this.onDrained();
  }

  protected isFull(arrival: Arrival, caller: CallerLine<WriteUnit>, nowEpochMs: number): boolean {
    const { freeCalls } = this.sender;
    const load = { readings: this.openReadings, bytes: this.openBytes, freeCalls };
    return this.loadShedder.isFull(arrival, caller, load, nowEpochMs);
  }

  private admit(
    { readings, bytes, units, enqueue }: ArrivingCall,
    caller: CallerLine<WriteUnit>,
    resolve: (outcomes: readonly WriteOutcome[]) => void,
    nowEpochMs: number,
  ): void {
    const budgetEndEpochMs = nowEpochMs + this.loadShedder.budgetMs(units);
    const deadlineEpochMs = Math.min(budgetEndEpochMs, this.latestDeadlineEpochMs);
    const call = new WriteCall(caller, deadlineEpochMs, bytes, resolve);
    enqueue(call, nowEpochMs);
    this.openCalls.add(call);
    this.openReadings += readings;
    this.openBytes += bytes;
    caller.readings += readings;
    caller.bytes += bytes;
    this.watch(deadlineEpochMs);
    this.pumpSoon();
  }

  private admitFromLine(nowEpochMs: number): void {
    for (let next = this.line[0]; next; next = this.line[0]) {
      const caller = this.queue.callers.lineOf(next.arriving.callerId);
      if (this.isFull(next.arriving, caller, nowEpochMs)) return this.queue.callers.release(caller);
      this.line.shift();
      this.admit(next.arriving, caller, next.resolve, nowEpochMs);
    }
  }

  private enqueueBlocks(call: WriteCall, blocks: readonly StoredBlock[], nowEpochMs: number): void {
    const registerTime = instantFromEpochMs(nowEpochMs);
    for (const [position, block] of blocks.entries()) {
      const waiter = call.expect({ call, position, isOpen: true, unit: undefined });
      this.queue.addSealed(
        new SealedBlock(call.caller, block, registerTime, [waiter], false),
        nowEpochMs,
      );
    }
  }

  /** Once for all writes that arrive together, so that they share blocks and calls. */
  private pumpSoon(): void {
    if (this.isPumpDue) return;
    this.isPumpDue = true;
    this.options.afterArrivals(() => {
      this.isPumpDue = false;
      this.sender.pump(this.clock.nowEpochMs());
    });
  }

  private settleBlock(block: SealedBlock, outcome: FinalOutcome): void {
    const { registerTime } = block;
    const answer =
      outcome === 'stored' ? { outcome, registerTime } : { outcome: endOf(block, outcome) };
    for (const waiter of block.waiters) this.answer(waiter, answer);
    this.queue.finish(block);
  }

  /** Answers waiters whose deadline is before the next attempt. */
  private expireBefore(block: SealedBlock, untilEpochMs: number): void {
    this.giveUp(
      block.waiters.filter(({ call }) => call.deadlineEpochMs <= untilEpochMs),
      [block],
    );
  }

  private answer(waiter: Waiter, answer: WriteOutcome): void {
    const { call } = waiter;
    this.openReadings -= 1;
    call.caller.readings -= 1;
    if (answer.outcome === 'unknown') this.unknownReadings += 1;
    if (!call.answer(waiter, answer)) return;
    this.openBytes -= call.bytes;
    call.caller.bytes -= call.bytes;
    this.openCalls.delete(call);
    this.queue.callers.release(call.caller);
    this.noteDrained();
  }

  private watch(deadlineEpochMs: number): void {
    if (deadlineEpochMs < this.nextDeadlineEpochMs) this.nextDeadlineEpochMs = deadlineEpochMs;
    // Half an interval early, so that one sweep serves several deadlines.
    this.timer.setFor(this.nextDeadlineEpochMs - this.options.sweepMs / 2);
  }

  /** Handles what depends on time alone: deadlines, overdue calls, partial calls that waited long enough. */
  protected sweep(nowEpochMs: number): void {
    this.sender.lookAtCalls(nowEpochMs);
    if (this.nextDeadlineEpochMs <= nowEpochMs + this.options.sweepMs) {
      this.expireWaiters(nowEpochMs + this.options.sweepMs);
    }
    this.admitFromLine(nowEpochMs);
    this.sender.pump(nowEpochMs);
    if (this.openCalls.size > 0) this.watch(this.nextDeadlineEpochMs);
    if (!this.closing) this.timer.setFor(this.sender.nextLookEpochMs);
  }

  private expireWaiters(dueEpochMs: number): void {
    const overdue: Waiter[] = [];
    const units = new Set<WriteUnit>();
    this.nextDeadlineEpochMs = Infinity;
    for (const call of this.openCalls.all()) {
      if (call.deadlineEpochMs > dueEpochMs) {
        this.nextDeadlineEpochMs = Math.min(this.nextDeadlineEpochMs, call.deadlineEpochMs);
        continue;
      }
      for (const waiter of call.waiters) {
        if (!waiter.isOpen) continue;
        overdue.push(waiter);
        if (waiter.unit) units.add(waiter.unit);
      }
    }
    this.giveUp(overdue, units);
    this.queue.callers.compact();
  }

  /**
   * Answers waiters with what is known. A unit without other waiters is dropped, unless it is in flight.
   */
  private giveUp(waiters: readonly Waiter[], units: Iterable<WriteUnit>): void {
    for (const waiter of waiters) waiter.isOpen = false;
    for (const unit of units) unit.dropAnswered();
    for (const waiter of waiters) this.answer(waiter, { outcome: this.failureOf(waiter) });
    for (const unit of units) {
      if (unit.waiters.length === 0 && unit.state !== 'in-flight') this.queue.finish(unit);
    }
  }

  protected failureOf({ unit }: Waiter): 'not-stored' | 'unknown' {
    return unit?.failure ?? 'not-stored';
  }
}

/** An attempt before the clock was found to be wrong may have stored the block. */
function endOf<Outcome>({ maybeLanded }: SealedBlock, outcome: Outcome): Outcome | 'unknown' {
  return outcome === 'clock-wrong' && maybeLanded ? 'unknown' : outcome;
}

/** Estimated memory of a waiting block. */
const BYTES_PER_BLOCK = 2_000;
