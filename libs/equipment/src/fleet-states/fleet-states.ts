import type { EquipmentRestriction } from '@sensorflow/auth';
import {
  DomainError,
  instantToEpochMs,
  setAlarm,
  WorkBudget,
  type Clock,
} from '@sensorflow/kernel';
import type { AcceptedChange, ReadingStore } from '@sensorflow/sensor-data';
import type { EquipmentRegistry } from '../equipment-registry.js';
import { JUDGED_GAPS, type Punctuality } from '../punctuality.js';
import type { AcceptedChanges } from './accepted-changes.js';
import { comparePlaces, keyOf, type Place, type Sort } from './fleet-order.js';
import { RecentInstants } from './recent-instants.js';

export interface FleetQuery {
  /** Any unless named. */
  readonly state?: Punctuality | undefined;
  readonly sort: Sort;
  readonly isDescending: boolean;
  /** Equipment whose id has this in it, in whatever case. */
  readonly search?: string | undefined;
  readonly restriction?: EquipmentRestriction | undefined;
  readonly limit: number;
  /** Goes on behind this place of the same query. */
  readonly after?: Place | undefined;
}

export interface FleetPage {
  readonly places: readonly Place[];
  readonly next: Place | undefined;
  /** Of all that the query is about, in whatever state. */
  readonly counts: Readonly<Record<Punctuality, number>>;
  /** Equipment that was not looked at yet, of what the restriction allows: ask again, and there will be more. */
  readonly pending: number;
}

export interface FleetStatesOptions {
  /** More are not kept in memory: half a kilobyte each. */
  readonly mostEquipment: number;
  /** So long after somebody asked last, all is forgotten. */
  readonly idleMs: number;
  /** What nobody tells of changes is looked at anew so often. */
  readonly unfollowedMs: number;
}

const OPTIONS: FleetStatesOptions = {
  mostEquipment: 50_000,
  idleMs: 5 * 60_000,
  unfollowedMs: 60_000,
};

/** Leaves most of the store's connections to others. */
const CONCURRENCY = 16;
/** A failing store is asked again so much later. */
const PAUSE_MS = 1_000;

/**
 * The states of all equipment, kept while somebody asks for them: looked up once, then followed by the changes that
 * this process hears of. It only chooses: whoever shows equipment reads it again.
 */
export class FleetStates {
  private round: Round | undefined;
  private forget: () => void = () => undefined;

  constructor(
    private readonly ports: {
      readonly registry: EquipmentRegistry;
      readonly readings: ReadingStore;
      readonly changes: AcceptedChanges;
    },
    private readonly clock: Clock,
    private readonly options: FleetStatesOptions = OPTIONS,
  ) {}

  /**
   * A page of what is known, at once; waits for a first look at everything so long at most. Throws DomainError
   * `fleet-too-large`, and the signal's reason.
   */
  async list(query: FleetQuery, waitMs: number, signal: AbortSignal): Promise<FleetPage> {
    const round = this.current();
    await settledWithin(round.firstLook, waitMs, signal);
    if (round.isTooLarge) throw fleetTooLarge(this.options.mostEquipment);
    return pageOf(round, query, this.clock.nowEpochMs());
  }

  /** Forgets everything and asks the store nothing more. */
  stop(): void {
    this.forget();
    this.round?.end();
    this.round = undefined;
  }

  private current(): Round {
    this.forget();
    this.forget = setAlarm(this.options.idleMs, () => this.stop());
    if (!this.round || (this.round.isOver && !this.round.isTooLarge)) {
      const before = this.round;
      this.round = new Round(this.ports, this.clock, this.options);
      // What was known stays in view until all is looked at again.
      if (before) this.round.takeOver(before);
    }
    return this.round;
  }
}

/** One look at everything, and what was heard since. */
class Round {
  readonly known = new Map<string, RecentInstants>();
  readonly firstLook: Promise<void>;
  isTooLarge = false;
  /** Known, waiting or looked at. */
  private readonly held = new Set<string>();
  private readonly waiting = new Set<string>();
  private readonly lookedAt = new Set<string>();
  private readonly gone = new AbortController();
  private unfollow: () => void = () => undefined;
  private working = 0;
  private listedAll = false;

  constructor(
    private readonly ports: FleetStates['ports'],
    private readonly clock: Clock,
    private readonly options: FleetStatesOptions,
  ) {
    this.firstLook = this.look().catch(() => this.end());
  }

  get isOver(): boolean {
    return this.gone.signal.aborted;
  }

  /** Of what a restriction allows; one more until all is listed. */
  pendingOf(restriction: EquipmentRestriction | undefined): number {
    const pending = [...new Set([...this.waiting, ...this.lookedAt])];
    const allowed = restriction ? pending.filter((id) => restriction.allows(id)) : pending;
    return allowed.length + (this.listedAll ? 0 : 1);
  }

  takeOver({ known }: Round): void {
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
    for await (const page of this.ports.registry.scan(undefined, this.budget())) {
      for (const { equipmentId } of page) {
        this.enqueue(equipmentId);
        if (this.isOver) return;
      }
    }
    this.listedAll = true;
    await this.work();
  }

  /** Of one look: behind much that was removed it ends with what it has. */
  private budget(): WorkBudget {
    return new WorkBudget(this.gone.signal, this.clock);
  }

  private async follow(): Promise<void> {
    try {
      const unfollow = await this.ports.changes.follow({
        changed: (change) => this.hear(change),
        lost: () => this.end(),
      });
      this.unfollow = unfollow;
      if (this.isOver) unfollow();
    } catch {
      const cancel = setAlarm(this.options.unfollowedMs, () => this.end());
      this.gone.signal.addEventListener('abort', cancel);
    }
  }

  private hear(change: AcceptedChange): void {
    const { equipmentId } = change;
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
    this.held.add(equipmentId);
    if (this.held.size <= this.options.mostEquipment) return;
    this.isTooLarge = true;
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
      const { readings } = await this.ports.readings.range(newest, this.budget());
      const instants = readings.map(({ timestamp }) => instantToEpochMs(timestamp));
      if (this.isOver) return;
      if (instants.length > 0) this.known.set(equipmentId, new RecentInstants(instants));
      else this.forget(equipmentId);
    } catch {
      if (this.isOver) return;
      this.waiting.add(equipmentId);
      await this.clock.sleep(PAUSE_MS);
    } finally {
      this.lookedAt.delete(equipmentId);
    }
  }

  private forget(equipmentId: string): void {
    this.known.delete(equipmentId);
    if (!this.waiting.has(equipmentId)) this.held.delete(equipmentId);
  }
}

function pageOf(
  round: Round,
  { state, sort, isDescending, search, restriction, limit, after }: FleetQuery,
  nowEpochMs: number,
): FleetPage {
  const counts = { 'on-time': 0, late: 0, silent: 0, unknown: 0 };
  const sought = search?.toLowerCase();
  const compare = comparePlaces(sort, isDescending);
  const found: Place[] = [];
  for (const [equipmentId, recent] of round.known) {
    if (sought !== undefined && !equipmentId.toLowerCase().includes(sought)) continue;
    if (restriction && !restriction.allows(equipmentId)) continue;
    const its = recent.stateAt(nowEpochMs);
    counts[its] += 1;
    if (state !== undefined && its !== state) continue;
    const place = { key: keyOf(recent, sort, its), equipmentId };
    if (!after || compare(place, after) > 0) found.push(place);
  }
  const places = found.sort(compare).slice(0, limit);
  const next = found.length > limit ? places.at(-1) : undefined;
  return { places, next, counts, pending: round.pendingOf(restriction) };
}

/** Whichever comes first; throws the signal's reason. */
async function settledWithin(work: Promise<void>, ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = setAlarm(ms, resolve);
  signal.addEventListener('abort', () => resolve(), { once: true });
  await Promise.race([work, promise]);
  cancel();
  signal.throwIfAborted();
}

function fleetTooLarge(most: number): DomainError {
  return new DomainError(
    'invalid',
    'fleet-too-large',
    `States and orders are known of up to ${most} equipment. List it by equipmentId, page by page, without state and sort.`,
  );
}
