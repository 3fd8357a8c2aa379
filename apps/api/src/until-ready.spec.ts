import { DependencyProbe, Readiness } from '@sensorflow/health';
import { SystemClock } from '@sensorflow/kernel';
import { createLogger } from '@sensorflow/platform/logging/logger.js';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { untilReady } from './until-ready.js';

class SwitchableProbe extends DependencyProbe {
  readonly name = 'store';
  isUp = false;

  async check(): Promise<void> {
    if (!this.isUp) throw new Error('down');
  }
}

function aWait() {
  const lines: string[] = [];
  const logger = createLogger('warn', { write: (line) => void lines.push(line) });
  const probe = new SwitchableProbe();
  const readiness = new Readiness([probe], new SystemClock());
  return { lines, logger, probe, readiness };
}

describe('a process that starts', () => {
  it('waits for a dependency that is down, and says once which it is', async () => {
    const { lines, logger, probe, readiness } = aWait();
    let isOver = false;

    const wait = untilReady(readiness, logger).then(() => (isOver = true));
    await delay(700);

    expect(isOver).toBe(false);
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'warn',
      checks: { store: 'down' },
      msg: 'waiting for dependencies',
    });

    probe.isUp = true;
    await wait;
  });

  it('waits for nothing when all are up', async () => {
    const { lines, logger, probe, readiness } = aWait();
    probe.isUp = true;

    await untilReady(readiness, logger);

    expect(lines).toEqual([]);
  });
});
