import { ImportQuotas, type ImportSlot, type QuotaUse } from '@sensorflow/csv-import';

interface Kept {
  readonly open: Set<string>;
  readonly unfinished: Set<string>;
  readonly slots: Map<number, ImportSlot>;
}

/** What imports take up, in memory, for tests; keeps the contract of ImportQuotas. */
export class InMemoryImportQuotas extends ImportQuotas {
  private readonly kept = new Map<string, Kept>();

  override async find(subject: string): Promise<QuotaUse> {
    await Promise.resolve();
    const { open, unfinished, slots } = this.of(subject);
    return { open: [...open], unfinished: [...unfinished], slots: new Map(slots) };
  }

  override async addOpen(subject: string, uploadId: string, max: number): Promise<boolean> {
    await Promise.resolve();
    const { open, unfinished } = this.of(subject);
    if (!open.has(uploadId) && (open.size >= max || unfinished.size >= max)) return false;
    open.add(uploadId);
    return true;
  }

  override async addUnfinished(subject: string, uploadId: string): Promise<QuotaUse> {
    await Promise.resolve();
    const { open, unfinished } = this.of(subject);
    open.delete(uploadId);
    unfinished.add(uploadId);
    return this.find(subject);
  }

  override async remove(subject: string, uploadIds: readonly string[]): Promise<void> {
    await Promise.resolve();
    const { open, unfinished } = this.of(subject);
    for (const id of uploadIds) {
      open.delete(id);
      unfinished.delete(id);
    }
  }

  override async takeSlot(
    subject: string,
    number: number,
    slot: ImportSlot,
    seenToken: string | undefined,
  ): Promise<boolean> {
    await Promise.resolve();
    const { slots } = this.of(subject);
    const held = slots.get(number)?.token;
    if (held !== seenToken && held !== slot.token) return false;
    slots.set(number, slot);
    return true;
  }

  override async freeSlot(subject: string, number: number, token: string): Promise<void> {
    await Promise.resolve();
    const { slots } = this.of(subject);
    if (slots.get(number)?.token === token) slots.delete(number);
  }

  private of(subject: string): Kept {
    const kept = this.kept.get(subject) ?? {
      open: new Set(),
      unfinished: new Set(),
      slots: new Map(),
    };
    this.kept.set(subject, kept);
    return kept;
  }
}
