import type { EquipmentMetric, EquipmentRegistry } from './equipment-registry.js';

/** About 100 bytes each. */
const REMEMBERED_PAIRS = 100_000;

/**
 * Keeps the registry complete from the readings' stream. What this process added it remembers, so that
 * readings of known equipment cost nothing.
 */
export class EquipmentRegistrar {
  private readonly added = new Set<string>();

  constructor(private readonly registry: EquipmentRegistry) {}

  /** When it returns, all of them are registered. Throws what the registry throws. */
  async register(pairs: readonly EquipmentMetric[]): Promise<void> {
    const fresh = new Map<string, EquipmentMetric>();
    for (const pair of pairs) {
      const key = `${pair.equipmentId}#${pair.metric}`;
      if (!this.added.has(key)) fresh.set(key, pair);
    }
    if (fresh.size === 0) return;
    await this.registry.add([...fresh.values()]);
    if (this.added.size + fresh.size > REMEMBERED_PAIRS) this.added.clear();
    for (const key of fresh.keys()) this.added.add(key);
  }
}
