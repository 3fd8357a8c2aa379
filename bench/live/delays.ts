/** How long after its acknowledgement each batch was with the clients of one process. */
export class Delays {
  readonly figuresMs: number[] = [];
  private readonly early = new Map<string, number[]>();
  private readonly acknowledged = new Map<string, number>();

  acknowledge(batch: string, atMs: number): void {
    this.acknowledged.set(batch, atMs);
    // An event can overtake the answer.
    for (const arrivedMs of this.early.get(batch) ?? []) this.note(arrivedMs - atMs);
    this.early.delete(batch);
  }

  arrive(batch: string, atMs: number): void {
    const acknowledgedMs = this.acknowledged.get(batch);
    if (acknowledgedMs !== undefined) this.note(atMs - acknowledgedMs);
    else this.early.set(batch, [...(this.early.get(batch) ?? []), atMs]);
  }

  private note(ms: number): void {
    this.figuresMs.push(Math.max(0, ms));
  }
}
