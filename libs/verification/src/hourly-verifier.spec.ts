import { beforeEach, describe, expect, it } from 'vitest';
import { AggregationWorld, anHour } from '../../../test/support/aggregation-world.js';
import { aBudget } from '../../../test/support/budgets.js';
import { InMemoryClosingProgress } from '../../../test/support/in-memory-closing-progress.js';
import { InMemoryVerificationProgress } from '../../../test/support/in-memory-verification-progress.js';
import { pagesOf } from '../../../test/support/readings.js';
import { HourlyVerifier } from './hourly-verifier.js';

const ON = new AbortController().signal;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

let world: AggregationWorld;
let progress: InMemoryVerificationProgress;
let closing: InMemoryClosingProgress;

beforeEach(() => {
  world = new AggregationWorld();
  progress = new InMemoryVerificationProgress();
  closing = world.closing;
  at('2023-02-15T07:20:00Z');
});

function at(instant: string): void {
  world.clock.advance(Date.parse(instant) - world.clock.nowEpochMs());
}

/** Another process, which shares nothing but the stores. */
function aVerifier(): HourlyVerifier {
  return new HourlyVerifier(world.verification, progress, closing, world.clock, 15 * MINUTE_MS);
}

async function verified(verifier = aVerifier()): Promise<readonly string[]> {
  return (await pagesOf(verifier.verifyDueHours(ON))).map(({ hour }) => hour);
}

describe('the hourly verification', () => {
  it('starts with the hour that ended last, a quarter of an hour after its end', async () => {
    at('2023-02-15T07:14:59Z');
    expect(await verified()).toEqual(['2023-02-15T05']);

    at('2023-02-15T07:15:00Z');
    expect(await verified()).toEqual(['2023-02-15T06']);
  });

  it('verifies every hour once, including those it missed, in whichever process', async () => {
    await verified();
    world.clock.advance(3 * HOUR_MS);

    expect(await verified()).toEqual(['2023-02-15T07', '2023-02-15T08', '2023-02-15T09']);
    expect(await verified()).toEqual([]);
  });

  it('leaves hours for later that are not closed', async () => {
    closing = new InMemoryClosingProgress(anHour('2023-02-15T06'));

    const early = await verified();
    await closing.advance('position', anHour('2023-02-15T07'));
    const later = await verified();

    expect([early, later]).toEqual([['2023-02-15T05'], ['2023-02-15T06']]);
  });

  it('verifies nothing as long as no hour was closed', async () => {
    closing = new InMemoryClosingProgress();

    expect(await verified()).toEqual([]);
  });

  it('goes back two days at most', async () => {
    await verified();
    at('2023-03-15T07:20:00Z');
    await closing.advance('position', anHour('2023-03-15T07'));

    const hours = await verified();

    expect(hours[0]).toBe('2023-03-13T06');
    expect(hours.at(-1)).toBe('2023-03-15T06');
  });

  it('repairs what differs, and reports it', async () => {
    await world.put({ equipmentId: 'EQ-1', timestamp: '2023-02-15T06:30:00Z', value: 5 });

    const [report] = await pagesOf(aVerifier().verifyDueHours(ON));

    expect(report).toMatchObject({ hour: '2023-02-15T06', checked: 3, repaired: 30 });
    expect(report?.differences).toHaveLength(30);
    const range = { from: anHour('2023-02-15T06'), to: anHour('2023-02-15T07') };
    expect((await world.verification.verify({ range }, aBudget())).differences).toEqual([]);
  });

  it('leaves an hour to the process that holds it, until its time is up', async () => {
    const turn = aVerifier().verifyDueHours(ON);
    await turn.next();

    expect(await verified()).toEqual([]);
    world.clock.advance(31 * MINUTE_MS);
    expect(await verified()).toEqual(['2023-02-15T06']);
    // A process that was thought dead does not move the position.
    expect(await turn.next()).toMatchObject({ done: true });
    expect(await progress.read()).toMatchObject({ next: '2023-02-15T07' });
  });

  it('runs in one of many processes that start at once', async () => {
    const all = await Promise.all(Array.from({ length: 5 }, async () => verified(aVerifier())));

    expect(all.flat()).toEqual(['2023-02-15T06']);
  });

  it('verifies an hour again that it could not finish', async () => {
    const stopping = new AbortController();
    const reason = new Error('the process ends');
    await world.put({ equipmentId: 'EQ-1', timestamp: '2023-02-15T06:30:00Z', value: 5 });
    world.clock.sleep = async () => Promise.resolve(stopping.abort(reason));

    await expect(pagesOf(aVerifier().verifyDueHours(stopping.signal))).rejects.toBe(reason);
    world.clock.sleep = async () => Promise.resolve();

    expect(await verified()).toEqual(['2023-02-15T06']);
  });

  it('moves on although an hour took so long that another process began it too', async () => {
    const [first, second] = [aVerifier().verifyDueHours(ON), aVerifier().verifyDueHours(ON)];
    await first.next();
    world.clock.advance(31 * MINUTE_MS);
    await second.next();

    expect(await first.next()).toMatchObject({ done: true });
    expect(await second.next()).toMatchObject({ done: true });

    expect(await progress.read()).toMatchObject({ next: '2023-02-15T07' });
  });
});
