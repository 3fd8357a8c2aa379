/**
 * Room that callers share. Each may hold as much as it leaves free (a dynamic threshold): one alone gets
 * half, and there is always room for another.
 */
export class SharedRoom {
  private held = 0;
  /** Nobody is there who holds nothing. */
  private readonly heldBy = new Map<string, number>();

  constructor(private readonly size: number) {}

  heldByCaller(callerId: string): number {
    return this.heldBy.get(callerId) ?? 0;
  }

  /** Whether there is room for so much more. If so, it is held until it is released. */
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
