import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FixedClock } from '../../../../test/support/fixed-clock.js';
import { InMemoryConnectionPlaces } from '../../../../test/support/in-memory-connection-places.js';
import { LimitedConnections } from './limited-connections.js';

const CALLER = { subject: 'sfk_1', maxConnections: 1 };
const TIMING = { leaseMs: 60_000, renewEveryMs: 15_000 };

let clock: FixedClock;
let places: InMemoryConnectionPlaces;
const lost = vi.fn<() => void>();
const failed = vi.fn<(error: unknown) => void>();

beforeEach(() => {
  vi.useFakeTimers();
  clock = new FixedClock('2026-01-01T00:00:00Z');
  places = new InMemoryConnectionPlaces();
});

afterEach(() => {
  vi.useRealTimers();
  vi.resetAllMocks();
});

function aProcess(): LimitedConnections {
  return new LimitedConnections(places, clock, failed, TIMING);
}

async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1000) {
    clock.advance(1000);
    await vi.advanceTimersByTimeAsync(1000);
  }
}

const refusal = { code: 'too-many-connections', kind: 'throttled' };

describe('limited connections', () => {
  it('are counted over all processes, and free again once they close', async () => {
    const [here, there] = [aProcess(), aProcess()];
    const held = await here.open(CALLER, lost);

    await expect(there.open(CALLER, lost)).rejects.toMatchObject(refusal);
    held.close();
    await pass(1000);

    await expect(there.open(CALLER, lost)).resolves.toBeDefined();
  });

  it('are kept for as long as their process lives, and not much longer', async () => {
    const [here, there] = [aProcess(), aProcess()];
    await here.open(CALLER, lost);
    await pass(300_000);
    await expect(there.open(CALLER, lost)).rejects.toMatchObject(refusal);

    // As after a crash: nobody renews it any more.
    vi.clearAllTimers();
    await pass(61_000);

    await expect(there.open(CALLER, lost)).resolves.toBeDefined();
    expect(lost).not.toHaveBeenCalled();
  });

  it('end when somebody else has their place', async () => {
    const here = aProcess();
    await here.open(CALLER, lost);
    clock.advance(60_001);
    await aProcess().open(CALLER, () => undefined);

    await pass(15_000);

    expect(lost).toHaveBeenCalledOnce();
  });

  it('outlive an outage that is shorter than their lease, and no longer one', async () => {
    await aProcess().open(CALLER, lost);
    vi.spyOn(places, 'renew').mockRejectedValue(new Error('out'));

    await pass(45_000);
    expect(lost).not.toHaveBeenCalled();
    await pass(30_000);

    expect(lost).toHaveBeenCalledOnce();
    expect(failed).toHaveBeenCalled();
  });

  it('are given back as the process stops', async () => {
    const here = aProcess();
    await here.open(CALLER, lost);

    await here.stop();

    await expect(aProcess().open(CALLER, lost)).resolves.toBeDefined();
  });

  it('of a caller without a limit are not counted', async () => {
    const here = aProcess();
    const unlimited = { subject: 'sfk_2', maxConnections: undefined };
    const take = vi.spyOn(places, 'take');

    await here.open(unlimited, lost);

    expect(take).not.toHaveBeenCalled();
  });
});
