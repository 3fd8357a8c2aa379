/**
 * Capacity that callers share. A caller may hold at most as much as is still free (a dynamic threshold): a single
 * caller gets half, and there is always room for another one.
 */
export class SharedRoom {
  private held = 0;
  /** Has only callers that hold something. */
  private readonly heldBy = new Map<string, number>();

  constructor(private readonly size: number) {}

  heldByCaller(callerId: string): number {
    return this.heldBy.get(callerId) ?? 0;
  }

  /** Takes this amount if there is room for it, until it is released. Answers whether there was. */
  take(callerId: string, amount: number): boolean {
    if (this.heldByCaller(callerId) + amount > this.size - this.held) return false;
    this.change(callerId, amount);
    return true;
  }

  release(callerId: string, amount: number): void {
    this.change(callerId, -amount);
  }

  private change(callerId: string, amount: number): void {
    this.held += amount;
    const own = this.heldByCaller(callerId) + amount;
    if (own === 0) this.heldBy.delete(callerId);
    else this.heldBy.set(callerId, own);
  }
}
