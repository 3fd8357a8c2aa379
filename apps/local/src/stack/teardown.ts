/** What was started, so that it can be stopped in the opposite order; complete at every moment. */
export class Teardown {
  private readonly steps: { readonly name: string; readonly stop: () => Promise<void> }[] = [];

  add(name: string, stop: () => Promise<void>): void {
    this.steps.push({ name, stop });
  }

  /** Every step runs, whatever happens to the others; answers what could not be stopped. */
  async run(): Promise<readonly string[]> {
    const failures: string[] = [];
    for (;;) {
      const step = this.steps.pop();
      if (step === undefined) return failures;
      try {
        await step.stop();
      } catch (error) {
        failures.push(`${step.name}: ${String(error)}`);
      }
    }
  }
}
