import type { Clock } from '@sensorflow/kernel';
import { Bag, type InBag } from './bag.js';
import { DrainRate } from './drain-rate.js';
import type { GroupCommitOptions } from './group-commit-options.js';
import { CallWindow } from './call-window.js';
import { MAX_BLOCKS_PER_CALL, type BlockStore, type PutOutcome } from '../log/block-store.js';
import type { UnitQueue } from './unit-queue.js';
import type { SealedBlock } from './write-unit.js';

/** Is told the outcome of blocks that were sent. */
export interface SenderListener {
  /** The block is done: stored or failed. */
  over(block: SealedBlock, outcome: FinalOutcome): void;
  /** The block is sent again at that time, if anyone still waits for it then. */
  delayed(block: SealedBlock, untilEpochMs: number): void;
  /** A call is settled, with all of its blocks. */
  settled(nowEpochMs: number): void;
  /** Asks for `pump` at that time. */
  wakeAt(epochMs: number): void;
}

/** Sending the block again would change nothing. */
export type FinalOutcome = Exclude<PutOutcome, RetriedOutcome>;
type RetriedOutcome = 'not-stored' | 'unknown';

interface StoreCall extends InBag {
  readonly blocks: readonly SealedBlock[];
  readonly number: number;
  readonly sentEpochMs: number;
  isSlow: boolean;
}

/** Blocks of one call that leave again together. */
interface Retry {
  readonly delayMs: number;
  readonly blocks: SealedBlock[];
}

/** Sends queued blocks to the store, with as many concurrent calls as the store can take. */
export class BlockSender {
  readonly rate: DrainRate;
  readonly totals = { calls: 0, blocks: 0, retries: 0 };
  private readonly window: CallWindow;
  private readonly calls = new Bag<StoreCall>();
  private blocksInFlight = 0;

  constructor(
    private readonly store: BlockStore,
    private readonly clock: Clock,
    private readonly options: GroupCommitOptions,
    private readonly queue: UnitQueue,
    private readonly listener: SenderListener,
  ) {
    this.rate = new DrainRate(options.rateWarmUpMs);
    this.window = new CallWindow(options);
  }

  get callsInFlight(): number {
    return this.calls.size;
  }

  get freeCalls(): number {
    return Math.max(0, this.window.calls - this.calls.size);
  }

  /** When to check unanswered calls next. */
  get nextLookEpochMs(): number {
    let nextEpochMs = Infinity;
    for (const { isSlow, sentEpochMs } of this.calls.all()) {
      const waitsMs = isSlow ? this.options.callTimeoutMs : this.options.slowCallMs;
      nextEpochMs = Math.min(nextEpochMs, sentEpochMs + waitsMs);
    }
    return nextEpochMs;
  }

  /** Sends all that may leave now. */
  pump(nowEpochMs: number): void {
    while (this.mayLeave(nowEpochMs)) {
      this.send(this.queue.take(MAX_BLOCKS_PER_CALL, nowEpochMs), nowEpochMs);
    }
    if (this.hasBacklog()) this.rate.backlogBegins(nowEpochMs);
    else this.rate.backlogEnds();
    const oldest = this.freeCalls > 0 ? this.queue.callers.oldestReadySinceEpochMs() : undefined;
    if (oldest !== undefined) this.listener.wakeAt(oldest + this.options.maxFillMs);
  }

  /**
   * Blocks in backoff count as a backlog only when they belong to many equipment compared with the free slots. A few hot
   * keys do not make others slow.
   */
  private hasBacklog(): boolean {
    const { freeCalls, queue } = this;
    if (freeCalls === 0 && queue.ready > 0) return true;
    return queue.delayedEquipment * 2 > freeCalls * MAX_BLOCKS_PER_CALL;
  }

  private mayLeave(nowEpochMs: number): boolean {
    const { ready } = this.queue;
    if (ready === 0 || this.freeCalls === 0) return false;
    if (ready >= MAX_BLOCKS_PER_CALL || this.mayLeavePartial(ready)) return true;
    const oldest = this.queue.callers.oldestReadySinceEpochMs() ?? nowEpochMs;
    return nowEpochMs - oldest >= this.options.maxFillMs;
  }

  /** The more calls are in flight, the more blocks a further one must carry; otherwise calls would carry one block each. */
  private mayLeavePartial(ready: number): boolean {
    const { promptCalls, maxPartialCalls, partialShare } = this.options;
    const { size } = this.calls;
    if (size < promptCalls) return true;
    return size < maxPartialCalls && ready >= this.blocksInFlight * partialShare;
  }

  private send(blocks: readonly SealedBlock[], nowEpochMs: number): void {
    const number = this.window.leave();
    const call = { blocks, number, sentEpochMs: nowEpochMs, isSlow: false, bagPlace: -1 };
    this.calls.add(call);
    this.blocksInFlight += blocks.length;
    this.totals.calls += 1;
    this.totals.blocks += blocks.length;
    this.listener.wakeAt(nowEpochMs + this.options.slowCallMs);
    void this.ask(blocks).then((outcomes) => this.settle(call, outcomes));
  }

  /** Empty when the store breaks its contract and throws: then the outcomes are unknown. */
  private async ask(blocks: readonly SealedBlock[]): Promise<readonly PutOutcome[]> {
    try {
      return await this.store.putAll(blocks.map(({ block }) => block));
    } catch {
      return [];
    }
  }

  /**
   * Checks unanswered calls: slow ones narrow the window, overdue ones give back their slots. This is not done when an
   * answer arrives, because a busy process sees fast answers late.
   */
  lookAtCalls(nowEpochMs: number): void {
    for (const call of this.calls.all()) {
      const waitedMs = nowEpochMs - call.sentEpochMs;
      if (!call.isSlow && waitedMs >= this.options.slowCallMs) {
        call.isSlow = true;
        this.window.waitsLong(call.number);
      }
      if (waitedMs >= this.options.callTimeoutMs) this.settle(call, []);
    }
  }

  private settle(call: StoreCall, outcomes: readonly PutOutcome[]): void {
    // False when the call was given up: its slot has been reused.
    if (!this.calls.delete(call)) return;
    this.blocksInFlight -= call.blocks.length;
    const nowEpochMs = this.clock.nowEpochMs();
    const retries = new Map<number, Retry>();
    let notStored = 0;
    for (const [position, block] of call.blocks.entries()) {
      const outcome = outcomes[position] ?? 'unknown';
      if (!isRetried(outcome)) {
        this.listener.over(block, outcome);
        continue;
      }
      if (outcome === 'not-stored') notStored += 1;
      this.giveBack(block, outcome, retries);
    }
    this.adjust(call, notStored, countOf(retries), nowEpochMs);
    for (const retry of retries.values()) this.delay(retry, nowEpochMs);
    this.listener.settled(nowEpochMs);
    this.pump(nowEpochMs);
  }

  /** Blocks that failed as often in the same way are sent again together, so that they share a timer. */
  protected giveBack(
    block: SealedBlock,
    outcome: RetriedOutcome,
    retries: Map<number, Retry>,
  ): void {
    const attempts = block.noteFailure(outcome);
    const ceilingMs = Math.min(
      this.options.maxBackoffMs,
      this.options.firstBackoffMs * 2 ** (attempts - 1),
    );
    const retry = retries.get(ceilingMs) ?? {
      delayMs: this.options.random() * ceilingMs,
      blocks: [],
    };
    retry.blocks.push(block);
    retries.set(ceilingMs, retry);
  }

  private adjust(call: StoreCall, notStored: number, failed: number, nowEpochMs: number): void {
    this.rate.done(call.blocks.length - failed, nowEpochMs);
    if (!call.isSlow) this.window.answeredFast();
    // A few leftovers mean one hot key; most of a call means that the table is throttled.
    if (notStored * 2 > call.blocks.length) this.window.throttled(call.number);
    else if (failed === 0) this.window.succeeded(this.calls.size + 1);
  }

  private delay({ delayMs, blocks }: Retry, nowEpochMs: number): void {
    for (const block of blocks) {
      this.queue.delay(block);
      this.listener.delayed(block, nowEpochMs + delayMs);
    }
    const left = blocks.filter(({ state }) => state === 'delayed');
    if (left.length === 0) return;
    this.totals.retries += left.length;
    void this.resumeAfter(delayMs, left);
  }

  private async resumeAfter(delayMs: number, blocks: readonly SealedBlock[]): Promise<void> {
    await this.clock.sleep(delayMs);
    const nowEpochMs = this.clock.nowEpochMs();
    for (const block of blocks) this.queue.resume(block, nowEpochMs);
    this.pump(nowEpochMs);
  }
}

function isRetried(outcome: PutOutcome): outcome is RetriedOutcome {
  return outcome === 'not-stored' || outcome === 'unknown';
}

function countOf(retries: ReadonlyMap<number, Retry>): number {
  let blocks = 0;
  for (const retry of retries.values()) blocks += retry.blocks.length;
  return blocks;
}
