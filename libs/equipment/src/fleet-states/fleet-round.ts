import type { EquipmentRestriction } from '@sensorflow/auth';
import { instantToEpochMs, setAlarm, WorkBudget, type Clock } from '@sensorflow/kernel';
import type { AcceptedChange, ReadingStore } from '@sensorflow/sensor-data';
import { allowedEquipment } from '../allowed-equipment.js';
import type { EquipmentRegistry, RegisteredEquipment } from '../equipment-registry.js';
import { JUDGED_GAPS } from '../punctuality.js';
import type { AcceptedChanges } from './accepted-changes.js';
import { RecentInstants } from './recent-instants.js';

export interface FleetPorts {
  readonly registry: EquipmentRegistry;
  readonly readings: ReadingStore;
  readonly changes: AcceptedChanges;
}

export interface FleetStatesOptions {
  /** More are not kept in memory: half a kilobyte each. As many again for all restrictions together. */
  readonly mostEquipment: number;
  /** Restrictions whose equipment is kept at one time. */
  readonly mostRestrictions: number;
  /** So long after somebody asked last, all is forgotten. */
  readonly idleMs: number;
  /** What nobody tells of changes, or is too large, is looked at anew so often. */
  readonly unfollowedMs: number;
}

/** Leaves most of the store's connections to others. */
const CONCURRENCY = 16;
/** A failing store is asked again so much later. */
const PAUSE_MS = 1_000;

export interface RoundMeans {
  readonly ports: FleetPorts;
  readonly clock: Clock;
  readonly options: FleetStatesOptions;
  /** Nothing else is looked at. */
  readonly restriction: EquipmentRestriction | undefined;
  /** Told when more equipment is held. */
  readonly onGrown: (() => void) | undefined;
}

/** One look at everything, and what was heard since. */
export class FleetRound {
  readonly known = new Map<string, RecentInstants>();
  readonly firstLook: Promise<void>;
  isTooLarge = false;
  private tooLargeSinceMs = 0;
  /** Known, waiting or looked at. */
  private readonly held = new Set<string>();
  private readonly waiting = new Set<string>();
  private readonly lookedAt = new Set<string>();
  private readonly gone = new AbortController();
  private unfollow: () => void = () => undefined;
  private working = 0;
  private listedAll = false;
  private lookedAtAll = false;

  /** @param before what it knew is known until it is looked at again */
  constructor(
    private readonly means: RoundMeans,
    before: FleetRound | undefined,
  ) {
    if (before) this.takeOver(before);
    this.firstLook = this.look().catch(() => this.end());
  }

  get isOver(): boolean {
    return this.gone.signal.aborted;
  }

  /** Whether it can still answer. It refuses for a while only: equipment may be gone since. */
  get isUsable(): boolean {
    if (!this.isTooLarge) return !this.isOver;
    return performance.now() - this.tooLargeSinceMs < this.means.options.unfollowedMs;
  }

  get size(): number {
    return this.held.size;
  }

  /** One more until all is listed; never 0 when the first look was cut short. */
  get pending(): number {
    const { size } = new Set([...this.waiting, ...this.lookedAt]);
    if (!this.listedAll) return size + 1;
    return this.lookedAtAll ? size : Math.max(size, 1);
  }

  private takeOver({ known }: FleetRound): void {
    for (const [equipmentId, recent] of known) {
      this.known.set(equipmentId, recent);
      this.hold(equipmentId);
    }
  }

  end(): void {
    this.gone.abort();
    this.unfollow();
    this.waiting.clear();
  }

  /** Listens first, so that nothing comes between looking and hearing. */
  private async look(): Promise<void> {
    await this.follow();
    for await (const page of this.registered()) {
      for (const { equipmentId } of page) {
        this.enqueue(equipmentId);
        if (this.isOver) return;
      }
    }
    this.listedAll = true;
    await this.work();
    this.lookedAtAll = !this.isOver;
  }

  private registered(): AsyncIterable<readonly RegisteredEquipment[]> {
    const { ports, restriction } = this.means;
    const budget = this.budget();
    return restriction
      ? allowedEquipment(ports.registry, restriction, undefined, budget)
      : ports.registry.scan(undefined, budget);
  }

  /** Of one look: behind much that was removed it ends with what it has. */
  private budget(): WorkBudget {
    return new WorkBudget(this.gone.signal, this.means.clock);
  }

  private async follow(): Promise<void> {
    try {
      const unfollow = await this.means.ports.changes.follow({
        changed: (change) => this.hear(change),
        lost: () => this.end(),
      });
      this.unfollow = unfollow;
      if (this.isOver) unfollow();
    } catch {
      const cancel = setAlarm(this.means.options.unfollowedMs, () => this.end());
      this.gone.signal.addEventListener('abort', cancel);
    }
  }

  private hear(change: AcceptedChange): void {
    const { equipmentId } = change;
    if (this.means.restriction?.allows(equipmentId) === false) return;
    const recent = this.known.get(equipmentId);
    if (change.kind === 'readings' && recent) {
      for (const { timestamp } of change.readings) recent.add(instantToEpochMs(timestamp));
      // What is read right now may lie before it, and takes its place.
      if (!this.lookedAt.has(equipmentId)) return;
    }
    if (this.isOver) return;
    this.enqueue(equipmentId);
    if (this.listedAll) void this.work();
  }

  private enqueue(equipmentId: string): void {
    this.waiting.add(equipmentId);
    this.hold(equipmentId);
  }

  /** Ends with everything forgotten once it is more than fits. */
  private hold(equipmentId: string): void {
    const before = this.held.size;
    this.held.add(equipmentId);
    if (this.held.size === before) return;
    this.means.onGrown?.();
    if (this.held.size <= this.means.options.mostEquipment) return;
    this.isTooLarge = true;
    this.tooLargeSinceMs = performance.now();
    this.end();
    this.known.clear();
    this.held.clear();
  }

  private async work(): Promise<void> {
    const workers = Array.from({ length: CONCURRENCY - this.working }, async () => this.lookUp());
    await Promise.all(workers);
  }

  private async lookUp(): Promise<void> {
    this.working += 1;
    try {
      for (const equipmentId of this.waiting) {
        this.waiting.delete(equipmentId);
        await this.lookAt(equipmentId);
        if (this.isOver) return;
      }
    } finally {
      this.working -= 1;
    }
  }

  private async lookAt(equipmentId: string): Promise<void> {
    this.lookedAt.add(equipmentId);
    try {
      const newest = { equipmentId, order: 'desc', limit: JUDGED_GAPS + 1 } as const;
      const { readings } = await this.means.ports.readings.range(newest, this.budget());
      const instants = readings.map(({ timestamp }) => instantToEpochMs(timestamp));
      if (this.isOver) return;
      if (instants.length > 0) this.known.set(equipmentId, new RecentInstants(instants));
      else this.forget(equipmentId);
    } catch {
      if (this.isOver) return;
      this.waiting.add(equipmentId);
      await this.means.clock.sleep(PAUSE_MS);
    } finally {
      this.lookedAt.delete(equipmentId);
    }
  }

  private forget(equipmentId: string): void {
    this.known.delete(equipmentId);
    if (!this.waiting.has(equipmentId)) this.held.delete(equipmentId);
  }
}
