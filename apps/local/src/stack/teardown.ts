import { setTimeout as delay } from 'node:timers/promises';

/**
 * Callers stop before those they call. Together these are at most 8 s: everything is to end within 10 s
 * of a Ctrl-C. Who needs to be killed is killed by its own step, well before.
 */
const DEADLINES_MS = { callers: 4500, services: 1500, stores: 1900, folder: 100 } as const;
const STAGES = ['callers', 'services', 'stores', 'folder'] as const;

export type Stage = (typeof STAGES)[number];

interface Step {
  readonly stage: Stage;
  readonly name: string;
  readonly stop: () => Promise<void>;
}

/** What was started, so that it can be stopped stage by stage; complete at every moment. */
export class Teardown {
  private readonly steps: Step[] = [];

  constructor(private readonly deadlinesMs: Readonly<Record<Stage, number>> = DEADLINES_MS) {}

  add(stage: Stage, name: string, stop: () => Promise<void>): void {
    this.steps.push({ stage, name, stop });
  }

  /** Every step runs, whatever happens to the others; answers what could not be stopped in time. */
  async run(): Promise<readonly string[]> {
    const failures: string[] = [];
    // What was still starting when the stop began arrives meanwhile, in any stage.
    while (this.steps.length > 0) {
      for (const stage of STAGES) {
        const outcomes = await Promise.all(this.take(stage).map((step) => this.outcomeOf(step)));
        failures.push(...outcomes.filter((outcome) => outcome !== undefined));
      }
    }
    return failures;
  }

  private take(stage: Stage): readonly Step[] {
    const taken = this.steps.filter((step) => step.stage === stage);
    const left = this.steps.filter((step) => step.stage !== stage);
    this.steps.splice(0, this.steps.length, ...left);
    return taken;
  }

  private async outcomeOf({ stage, name, stop }: Step): Promise<string | undefined> {
    const deadlineMs = this.deadlinesMs[stage];
    const over = new AbortController();
    const late = delay(deadlineMs, `${name}: did not end within ${deadlineMs} ms`, {
      signal: over.signal,
    });
    try {
      return await Promise.race([stop().then(() => undefined), late]);
    } catch (error) {
      return `${name}: ${String(error)}`;
    } finally {
      late.catch(() => undefined);
      over.abort();
    }
  }
}
