import { RecentMap, type Clock } from '@sensorflow/kernel';
import {
  MOST_PAIRS_PER_CALL,
  type EquipmentMetric,
  type EquipmentRegistry,
} from './equipment-registry.js';

export interface RegistrarOptions {
  /** Pairs remembered as registered, in each of two generations; about 100 bytes each. */
  readonly remembered: number;
  /** Pairs that may wait for a slow store; beyond that, the stream has to deliver them again. */
  readonly mostWaiting: number;
}

const OPTIONS: RegistrarOptions = { remembered: 200_000, mostWaiting: 500_000 };

/** Enough for some thousand pairs a second without slowing the aggregation's calls to the store. */
const CONCURRENCY = 4;
const FIRST_BACKOFF_MS = 20;
const LONGEST_BACKOFF_MS = 500;

/**
 * Keeps the registry complete from the readings' stream. Remembers what this process added, so that readings
 * of known equipment cost nothing. What one batch leaves no time for is added with the next: record 0014.
 */
export class EquipmentRegistrar {
  private readonly waiting = new Map<string, EquipmentMetric>();
  private readonly registered: RecentMap<string, true>;
  /** Pairs on their way to the store. */
  private sent = 0;
  private working: Promise<void> | undefined;

  constructor(
    private readonly registry: EquipmentRegistry,
    private readonly clock: Clock,
    private readonly options: RegistrarOptions = OPTIONS,
  ) {
    this.registered = new RecentMap(options.remembered);
  }

  /** Pairs that are not registered yet. */
  get backlog(): number {
    return this.waiting.size + this.sent;
  }

  /** Whether too many are waiting, so that the stream has to deliver them again. */
  get isOverfull(): boolean {
    return this.backlog > this.options.mostWaiting;
  }

  /**
   * Returns when all waiting pairs are registered, these included. Continues in the background if the caller
   * does not await it. Throws what the registry throws; the pairs then still wait.
   */
  async register(pairs: readonly EquipmentMetric[]): Promise<void> {
    for (const pair of pairs) this.enqueue(pair);
    while (this.backlog > 0) {
      this.working ??= this.registerWaiting().finally(() => {
        this.working = undefined;
      });
      await this.working;
    }
  }

  private enqueue(pair: EquipmentMetric): void {
    const key = `${pair.equipmentId}#${pair.metric}`;
    if (!this.registered.get(key)) this.waiting.set(key, pair);
  }

  private async registerWaiting(): Promise<void> {
    const workers = Array.from({ length: CONCURRENCY }, async () => this.work());
    const outcomes = await Promise.allSettled(workers);
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  private async work(): Promise<void> {
    for (let backoffMs = FIRST_BACKOFF_MS; ;) {
      const taken = this.take();
      if (taken.size === 0) return;
      const left = await this.add(taken);
      if (left.length < taken.size) backoffMs = FIRST_BACKOFF_MS;
      if (left.length === 0) continue;
      await this.clock.sleep(Math.random() * backoffMs);
      backoffMs = Math.min(LONGEST_BACKOFF_MS, backoffMs * 2);
    }
  }

  private take(): ReadonlyMap<string, EquipmentMetric> {
    const taken = new Map<string, EquipmentMetric>();
    for (const [key, pair] of this.waiting) {
      taken.set(key, pair);
      this.waiting.delete(key);
      if (taken.size === MOST_PAIRS_PER_CALL) break;
    }
    return taken;
  }

  /** Puts the pairs that were left back at the end of the queue, and returns them. */
  private async add(
    taken: ReadonlyMap<string, EquipmentMetric>,
  ): Promise<readonly EquipmentMetric[]> {
    this.sent += taken.size;
    try {
      const left = await this.registry.add([...taken.values()]);
      for (const key of taken.keys()) this.registered.set(key, true);
      for (const pair of left) this.waitAgain(pair);
      return left;
    } catch (error) {
      for (const pair of taken.values()) this.waitAgain(pair);
      throw error;
    } finally {
      this.sent -= taken.size;
    }
  }

  private waitAgain(pair: EquipmentMetric): void {
    const key = `${pair.equipmentId}#${pair.metric}`;
    this.registered.delete(key);
    this.waiting.set(key, pair);
  }
}
