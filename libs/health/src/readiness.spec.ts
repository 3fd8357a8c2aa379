import { Clock } from '@sensorflow/kernel';
import { describe, expect, it } from 'vitest';
import { DependencyProbe, Readiness } from './readiness.js';

class SettableClock extends Clock {
  nowMs = 0;

  nowEpochMs(): number {
    return this.nowMs;
  }

  /** Time stands still, so nothing ever times out. */
  sleep(): Promise<void> {
    return new Promise(() => {});
  }
}

class SwitchableProbe extends DependencyProbe {
  readonly name = 'store';
  isUp = true;
  checks = 0;

  async check(): Promise<void> {
    this.checks += 1;
    if (!this.isUp) throw new Error('down');
  }
}

function aReadiness() {
  const clock = new SettableClock();
  const probe = new SwitchableProbe();
  return { clock, probe, readiness: new Readiness([probe], clock) };
}

describe('readiness', () => {
  it('is ready while every dependency is up', async () => {
    const { readiness } = aReadiness();

    expect(await readiness.report()).toEqual({ isReady: true, checks: { store: 'up' } });
  });

  it('is not ready while a dependency is down, and ready as soon as it is back', async () => {
    const { readiness, probe } = aReadiness();
    probe.isUp = false;

    expect(await readiness.report()).toEqual({ isReady: false, checks: { store: 'down' } });

    probe.isUp = true;
    expect((await readiness.report()).isReady).toBe(true);
  });

  it('asks its dependencies at most every five seconds', async () => {
    const { readiness, probe, clock } = aReadiness();

    await readiness.report();
    await readiness.report();
    expect(probe.checks).toBe(1);

    clock.nowMs = 5000;
    await readiness.report();
    expect(probe.checks).toBe(2);
  });

  it('is not ready once it drains', async () => {
    const { readiness } = aReadiness();

    readiness.beginDraining();

    expect((await readiness.report()).isReady).toBe(false);
  });

  it('counts a dependency that does not answer as down', async () => {
    class Impatient extends SettableClock {
      override async sleep(): Promise<void> {}
    }
    class Silent extends DependencyProbe {
      readonly name = 'silent';
      check(): Promise<void> {
        return new Promise(() => {});
      }
    }

    const report = await new Readiness([new Silent()], new Impatient()).report();

    expect(report).toEqual({ isReady: false, checks: { silent: 'down' } });
  });
});
