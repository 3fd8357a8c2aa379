import type { Clock } from '@sensorflow/kernel';

/** One thing that the service cannot work without. */
export abstract class DependencyProbe {
  /** Its name in the answer of /health/ready. */
  abstract readonly name: string;
  /** Rejects when the dependency cannot be used now. */
  abstract check(): Promise<void>;
}

export interface ReadinessReport {
  readonly isReady: boolean;
  readonly checks: Readonly<Record<string, 'up' | 'down'>>;
}

const REMEMBERED_MS = 5000;
const PROBE_TIMEOUT_MS = 2000;

/**
 * Whether this process should be sent requests. A report is remembered for 5 s, so that a fleet of
 * health checks does not become load of its own.
 */
export class Readiness {
  private draining = false;
  private remembered:
    { readonly report: Promise<ReadinessReport>; readonly atMs: number } | undefined;

  constructor(
    private readonly probes: readonly DependencyProbe[],
    private readonly clock: Clock,
  ) {}

  /** From now on: not ready, whatever the probes say. */
  beginDraining(): void {
    this.draining = true;
  }

  async report(): Promise<ReadinessReport> {
    const nowMs = this.clock.nowEpochMs();
    // A report of "down" is not remembered: a service that recovered is ready at once.
    if (this.remembered === undefined || nowMs - this.remembered.atMs >= REMEMBERED_MS) {
      this.remembered = { report: this.probeAll(), atMs: nowMs };
    }
    const report = await this.remembered.report;
    if (!report.isReady) this.remembered = undefined;
    return this.draining
      ? { isReady: false, checks: { ...report.checks, draining: 'down' } }
      : report;
  }

  private async probeAll(): Promise<ReadinessReport> {
    const results = await Promise.all(
      this.probes.map(async (probe) => [probe.name, await this.isUp(probe)] as const),
    );
    return {
      isReady: results.every(([, isUp]) => isUp),
      checks: Object.fromEntries(results.map(([name, isUp]) => [name, isUp ? 'up' : 'down'])),
    };
  }

  private async isUp(probe: DependencyProbe): Promise<boolean> {
    const timeout = this.clock.sleep(PROBE_TIMEOUT_MS).then(() => false);
    const check = probe.check().then(
      () => true,
      () => false,
    );
    return Promise.race([check, timeout]);
  }
}
