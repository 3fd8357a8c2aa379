import type { EquipmentRestriction } from '@sensorflow/auth';
import { DomainError, setAlarm, type Clock } from '@sensorflow/kernel';
import type { Punctuality } from '../punctuality.js';
import { comparePlaces, keyOf, type Place, type Sort } from './fleet-order.js';
import { FleetRound, type FleetPorts, type FleetStatesOptions } from './fleet-round.js';

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
  /** Equipment that was not looked at yet: ask again, and there will be more. */
  readonly pending: number;
}

const OPTIONS: FleetStatesOptions = {
  mostEquipment: 50_000,
  mostRestrictions: 100,
  idleMs: 5 * 60_000,
  unfollowedMs: 60_000,
};

/** What is known for those who may read the same equipment. */
interface Kept {
  readonly round: FleetRound;
  readonly isRestricted: boolean;
  /** Of the alarm that forgets it. */
  readonly cancel: () => void;
}

/**
 * The states of all equipment, kept while somebody asks for them: looked up once, then followed by the changes that
 * this process hears of. It only chooses: whoever shows equipment reads it again.
 *
 * What a restriction allows is looked up for itself, so that nothing of an answer (what is pending, how long it takes,
 * a refusal) tells how much other equipment there is.
 */
export class FleetStates {
  /** By the restriction's entries; what was asked for last is at the end. */
  private readonly kept = new Map<string, Kept>();

  constructor(
    private readonly ports: FleetPorts,
    private readonly clock: Clock,
    private readonly options: FleetStatesOptions = OPTIONS,
  ) {}

  /**
   * A page of what is known, at once; waits for a first look at everything so long at most. Throws DomainError
   * `fleet-too-large`, and the signal's reason.
   */
  async list(query: FleetQuery, waitMs: number, signal: AbortSignal): Promise<FleetPage> {
    const round = this.roundOf(query.restriction);
    await settledWithin(round.firstLook, waitMs, signal);
    if (round.isTooLarge) throw fleetTooLarge(this.options.mostEquipment);
    return pageOf(round, query, this.clock.nowEpochMs());
  }

  /** Forgets everything and asks the store nothing more. */
  stop(): void {
    for (const name of this.kept.keys()) this.forget(name);
  }

  private roundOf(restriction: EquipmentRestriction | undefined): FleetRound {
    const name = restriction?.entries.toSorted().join(' ') ?? '';
    const before = this.kept.get(name);
    before?.cancel();
    const round = before?.round.isUsable ? before.round : this.begin(restriction, before?.round);
    const cancel = setAlarm(this.options.idleMs, () => this.forget(name));
    this.kept.delete(name);
    this.kept.set(name, { round, isRestricted: restriction !== undefined, cancel });
    this.makeRoom();
    return round;
  }

  /** What was known stays in view until all is looked at again. */
  private begin(
    restriction: EquipmentRestriction | undefined,
    before: FleetRound | undefined,
  ): FleetRound {
    const { ports, clock, options } = this;
    const onGrown = restriction && (() => this.makeRoom());
    return new FleetRound({ ports, clock, options, restriction, onGrown }, before);
  }

  /** Forgets what was asked for longest ago, while restrictions have more than fits: they are looked up anew. */
  private makeRoom(): void {
    const restricted = [...this.kept].filter(([, { isRestricted }]) => isRestricted);
    let held = restricted.reduce((sum, [, { round }]) => sum + round.size, 0);
    while (restricted.length > 1 && this.isTooMuch(restricted.length, held)) {
      const [oldest] = restricted.splice(0, 1);
      if (!oldest) return;
      held -= oldest[1].round.size;
      this.forget(oldest[0]);
    }
  }

  private isTooMuch(restrictions: number, held: number): boolean {
    return restrictions > this.options.mostRestrictions || held > this.options.mostEquipment;
  }

  private forget(name: string): void {
    const kept = this.kept.get(name);
    kept?.cancel();
    kept?.round.end();
    this.kept.delete(name);
  }
}

function pageOf(
  round: FleetRound,
  { state, sort, isDescending, search, limit, after }: FleetQuery,
  nowEpochMs: number,
): FleetPage {
  const counts = { 'on-time': 0, late: 0, silent: 0, unknown: 0 };
  const sought = search?.toLowerCase();
  const compare = comparePlaces(sort, isDescending);
  const found: Place[] = [];
  for (const [equipmentId, recent] of round.known) {
    if (sought !== undefined && !equipmentId.toLowerCase().includes(sought)) continue;
    const its = recent.stateAt(nowEpochMs);
    counts[its] += 1;
    if (state !== undefined && its !== state) continue;
    const place = { key: keyOf(recent, sort, its), equipmentId };
    if (!after || compare(place, after) > 0) found.push(place);
  }
  const places = found.sort(compare).slice(0, limit);
  const next = found.length > limit ? places.at(-1) : undefined;
  return { places, next, counts, pending: round.pending };
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
