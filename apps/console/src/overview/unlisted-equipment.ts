/** The list learns of new equipment seconds after its first reading … */
const LISTED_WITHIN_MS = 60_000;

/** … so what has sent a reading and is not in it yet is asked for again. */
export class UnlistedEquipment {
  private readonly heardAt = new Map<string, number>();

  note(equipmentId: string, nowEpochMs: number): void {
    this.heardAt.set(equipmentId, nowEpochMs);
  }

  /** Whether a list lacks some; forgets those that it has, and those that have had their time. */
  isMissing(items: readonly { readonly equipmentId: string }[], nowEpochMs: number): boolean {
    for (const { equipmentId } of items) this.heardAt.delete(equipmentId);
    for (const [equipmentId, heardAt] of this.heardAt) {
      if (nowEpochMs - heardAt > LISTED_WITHIN_MS) this.heardAt.delete(equipmentId);
    }
    return this.heardAt.size > 0;
  }
}
