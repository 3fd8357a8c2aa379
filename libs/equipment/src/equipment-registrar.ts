import { RecentMap, type Clock } from '@sensorflow/kernel';
import {
  MOST_PAIRS_PER_CALL,
  type EquipmentMetric,
  type EquipmentRegistry,
} from './equipment-registry.js';

export interface RegistrarOptions {
  /** Pairs of each of two generations that are remembered as registered; about 100 bytes each. */
  readonly remembered: number;
  /** Pairs that may wait for a slow store; beyond it the stream has to bring them again. */
  readonly mostWaiting: number;
}

const OPTIONS: RegistrarOptions = { remembered: 200_000, mostWaiting: 500_000 };

/** Enough for some thousand pairs a second, few enough to leave the store to the aggregation. */
const CONCURRENCY = 4;
const FIRST_BACKOFF_MS = 20;
const LONGEST_BACKOFF_MS = 500;

/**
 * Keeps the registry complete from the readings' stream, beside the aggregation. What this process added
 * it remembers, so that readings of known equipment cost nothing; what did not fit into the time of one
 * batch is added with the next: decision record 0014.
 */
export class EquipmentRegistrar {
  private readonly waiting = new Map<string, EquipmentMetric>();
  private readonly registered: RecentMap<string, true>;
  /** Taken from those that wait, and on their way to the store. */
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

  /** Whether so many wait that the stream has to bring them again. */
  get isOverfull(): boolean {
    return this.backlog > this.options.mostWaiting;
  }

  /**
   * Takes these on and returns when nothing waits any more. Work goes on behind a caller that does not
   * wait for it. Throws what the registry throws, and then the pairs still wait.
   */
  async register(pairs: readonly EquipmentMetric[]): Promise<void> {
    for (const pair of pairs) this.note(pair);
    while (this.backlog > 0) {
      this.working ??= this.workOff().finally(() => {
        this.working = undefined;
      });
      await this.working;
    }
  }

  private note(pair: EquipmentMetric): void {
    const key = `${pair.equipmentId}#${pair.metric}`;
    if (!this.registered.get(key)) this.waiting.set(key, pair);
  }

  private async workOff(): Promise<void> {
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

  /** Those left wait again, behind all others. */
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
