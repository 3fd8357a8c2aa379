import type { EquipmentRestriction } from '@sensorflow/auth';
import type { WorkBudget } from '@sensorflow/kernel';
import { allowedEquipment } from './allowed-equipment.js';
import type { EquipmentRegistry, RegisteredEquipment } from './equipment-registry.js';

export interface EquipmentQuery {
  /** Items of a page, at least 1. */
  readonly limit: number;
  /** Continues after this equipment. */
  readonly after?: string;
  /** Lists this equipment alone. */
  readonly restriction?: EquipmentRestriction | undefined;
  /** Lists equipment whose id has this in it, in whatever case. */
  readonly search?: string | undefined;
}

export interface Page<T> {
  /** By equipment id, or by metric. */
  readonly items: readonly T[];
  /** `after` of the next page; undefined at the end. */
  readonly next: string | undefined;
}

/** Equipment looked up in parallel; each takes one read or two. */
const CONCURRENCY = 32;
const MIN_CHUNK = 8;
/** A page ends early after this many equipment without readings, so that its cost stays bounded. */
const MAX_EMPTY = 1_000;

/**
 * A page of what `lookUp` finds of each registered equipment, in order of ids; what it finds nothing of is left
 * out. The page can end early when its budget is spent. Throws what the registry and `lookUp` throw.
 */
export async function pageOfEquipment<T extends { readonly equipmentId: string }>(
  registry: EquipmentRegistry,
  query: EquipmentQuery,
  budget: WorkBudget,
  lookUp: (registered: RegisteredEquipment) => Promise<T | undefined>,
): Promise<Page<T>> {
  const { limit } = query;
  const items: T[] = [];
  let empty = 0;
  for await (const chunk of inChunks(registry, query, budget, () => limit + 1 - items.length)) {
    const found = await Promise.all(chunk.wanted.map(lookUp));
    const listed = found.filter((one) => one !== undefined);
    items.push(...listed);
    empty += found.length - listed.length;
    if (items.length > limit) return pageOf(items, limit, ({ equipmentId }) => equipmentId);
    if (empty >= MAX_EMPTY || budget.isSpent()) return { items, next: chunk.upTo };
  }
  return { items, next: undefined };
}

/**
 * What `lookUp` finds of each, some at a time; ends early when the budget is spent, and says how many it looked up.
 * Throws what `lookUp` throws.
 */
export async function lookUpEach<T, Found>(
  all: readonly T[],
  budget: WorkBudget,
  lookUp: (one: T) => Promise<Found | undefined>,
): Promise<{ readonly found: readonly Found[]; readonly lookedUp: number }> {
  const found: Found[] = [];
  let lookedUp = 0;
  do {
    const chunk = all.slice(lookedUp, lookedUp + CONCURRENCY);
    const these = await Promise.all(chunk.map(lookUp));
    found.push(...these.filter((one) => one !== undefined));
    lookedUp += chunk.length;
  } while (lookedUp < all.length && !budget.isSpent());
  return { found, lookedUp };
}

export function pageOf<T>(
  items: readonly T[],
  limit: number,
  positionOf: (item: T) => string,
): Page<T> {
  const page = items.slice(0, limit);
  const last = page.at(-1);
  return { items: page, next: last === undefined ? undefined : positionOf(last) };
}

interface Chunk {
  readonly wanted: readonly RegisteredEquipment[];
  /** The last equipment that was looked through for it. */
  readonly upTo: string;
}

/** In chunks of about as many as are still wanted, so that little more is looked up. */
async function* inChunks(
  registry: EquipmentRegistry,
  { after, restriction, search }: EquipmentQuery,
  budget: WorkBudget,
  wanted: () => number,
): AsyncGenerator<Chunk> {
  const pages = restriction
    ? allowedEquipment(registry, restriction, after, budget)
    : registry.scan(after, budget);
  const sought = search?.toLowerCase();
  for await (const page of pages) {
    const last = page.at(-1);
    if (last === undefined) continue;
    const matching = sought === undefined ? page : page.filter(has(sought));
    if (matching.length === 0) yield { wanted: [], upTo: last.equipmentId };
    for (let from = 0; from < matching.length;) {
      const size = Math.min(CONCURRENCY, Math.max(MIN_CHUNK, wanted()));
      const chunk = matching.slice(from, from + size);
      from += chunk.length;
      const end = from < matching.length ? (chunk.at(-1) ?? last) : last;
      yield { wanted: chunk, upTo: end.equipmentId };
    }
  }
}

function has(sought: string) {
  return ({ equipmentId }: RegisteredEquipment) => equipmentId.toLowerCase().includes(sought);
}
