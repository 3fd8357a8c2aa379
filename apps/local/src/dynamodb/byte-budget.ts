/** So many bytes may be held at once; who asks for more than is left waits, in the order of asking. */
export class ByteBudget {
  private readonly waiting: { readonly bytes: number; readonly proceed: () => void }[] = [];

  constructor(private left: number) {}

  /** Resolves when the bytes are the caller's, who must release them. Never ask for more than there are. */
  async reserve(bytes: number): Promise<void> {
    if (this.waiting.length === 0 && bytes <= this.left) {
      this.left -= bytes;
      return;
    }
    await new Promise<void>((proceed) => this.waiting.push({ bytes, proceed }));
  }

  release(bytes: number): void {
    this.left += bytes;
    for (;;) {
      const [next] = this.waiting;
      if (next === undefined || next.bytes > this.left) return;
      this.waiting.shift();
      this.left -= next.bytes;
      next.proceed();
    }
  }
}
