import type { Reading } from './reading.js';

/** Distinct metric names that one equipment may have, ever. */
export const MAX_METRIC_NAMES_PER_EQUIPMENT = 1024;

const NONE: readonly string[] = [];

/** The metric names of one equipment that a process knows of. */
export class EquipmentNames {
  private readonly names = new Set<string>();
  /** When the registry answered last. */
  askedAtEpochMs = -Infinity;
  asking: Promise<boolean> | undefined;

  get size(): number {
    return this.names.size;
  }

  /** Answers how many of them are new. */
  add(names: Iterable<string>): number {
    const before = this.names.size;
    for (const name of names) this.names.add(name);
    return this.names.size - before;
  }

  hasAll(values: Reading['values']): boolean {
    for (const name of values.keys()) if (!this.names.has(name)) return false;
    return true;
  }

  /**
   * The names that are new. Undefined as soon as the equipment or the caller has no room for one more, because a reading
   * may have 64 names and a batch 10,000 readings.
   *
   * @param roomFor asked only when there are new ones
   */
  freshAmong(
    values: Reading['values'],
    roomFor: () => number = () => Infinity,
  ): readonly string[] | undefined {
    let fresh: string[] | undefined;
    let room = 0;
    for (const name of values.keys()) {
      if (this.names.has(name)) continue;
      if (!fresh) {
        fresh = [];
        room = Math.min(MAX_METRIC_NAMES_PER_EQUIPMENT - this.names.size, roomFor());
      }
      if (fresh.length >= room) return undefined;
      fresh.push(name);
    }
    return fresh ?? NONE;
  }
}
