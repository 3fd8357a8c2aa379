import { beforeEach, describe, expect, it } from 'vitest';
import { AggregationWorld, anHour } from '../../../test/support/aggregation-world.js';
import { aBudget } from '../../../test/support/budgets.js';
import { InMemorySweepLedger } from '../../../test/support/in-memory-verification-progress.js';
import { pagesOf } from '../../../test/support/readings.js';
import { Sweeper } from './hourly-verifier.js';

const ON = new AbortController().signal;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

let world: AggregationWorld;
let ledger: InMemorySweepLedger;

beforeEach(() => {
  world = new AggregationWorld();
  ledger = new InMemorySweepLedger();
  at('2023-02-15T07:20:00Z');
});

function at(instant: string): void {
  world.clock.advance(Date.parse(instant) - world.clock.nowEpochMs());
}

/** Another process, which shares nothing but the ledger and the stores. */
function aSweeper(): Sweeper {
  return new Sweeper(world.verification, ledger, world.clock, 15 * MINUTE_MS);
}

async function swept(sweeper = aSweeper()): Promise<readonly string[]> {
  return (await pagesOf(sweeper.turn(ON))).map(({ hour }) => hour);
}

describe('the sweep', () => {
  it('begins with the hour that closed last, a quarter of an hour after its end', async () => {
    at('2023-02-15T07:14:59Z');
    expect(await swept()).toEqual(['2023-02-15T05']);

    at('2023-02-15T07:15:00Z');
    expect(await swept()).toEqual(['2023-02-15T06']);
  });

  it('sweeps every hour once, also those that it missed, whichever process has its turn', async () => {
    await swept();
    world.clock.advance(3 * HOUR_MS);

    expect(await swept()).toEqual(['2023-02-15T07', '2023-02-15T08', '2023-02-15T09']);
    expect(await swept()).toEqual([]);
  });

  it('goes back two days at most', async () => {
    await swept();
    at('2023-03-15T07:20:00Z');

    const hours = await swept();

    expect(hours[0]).toBe('2023-03-13T06');
    expect(hours.at(-1)).toBe('2023-03-15T06');
  });

  it('puts right what differs, and says so', async () => {
    await world.put({ equipmentId: 'EQ-1', timestamp: '2023-02-15T06:30:00Z', value: 5 });

    const [report] = await pagesOf(aSweeper().turn(ON));

    expect(report).toMatchObject({ hour: '2023-02-15T06', checked: 3, repaired: 30 });
    expect(report?.differences).toHaveLength(30);
    const range = { from: anHour('2023-02-15T06'), to: anHour('2023-02-15T07') };
    expect((await world.verification.verify({ range }, aBudget())).differences).toEqual([]);
  });

  it('is left to the one who is at it, until that one has had its time', async () => {
    const turn = aSweeper().turn(ON);
    await turn.next();

    expect(await swept()).toEqual([]);
    world.clock.advance(31 * MINUTE_MS);
    expect(await swept()).toEqual(['2023-02-15T06']);
    // Who comes back as from the dead does not move the place.
    expect(await turn.next()).toMatchObject({ done: true });
    expect(await ledger.read()).toMatchObject({ next: '2023-02-15T07' });
  });

  it('is done by one of many that begin at once', async () => {
    const all = await Promise.all(Array.from({ length: 5 }, async () => swept(aSweeper())));

    expect(all.flat()).toEqual(['2023-02-15T06']);
  });

  it('sweeps an hour again that it could not finish', async () => {
    const stopping = new AbortController();
    const reason = new Error('the process ends');
    await world.put({ equipmentId: 'EQ-1', timestamp: '2023-02-15T06:30:00Z', value: 5 });
    world.clock.sleep = async () => Promise.resolve(stopping.abort(reason));

    await expect(pagesOf(aSweeper().turn(stopping.signal))).rejects.toBe(reason);
    world.clock.sleep = async () => Promise.resolve();

    expect(await swept()).toEqual(['2023-02-15T06']);
  });

  it('goes on although an hour took so long that another began it too', async () => {
    const [first, second] = [aSweeper().turn(ON), aSweeper().turn(ON)];
    await first.next();
    world.clock.advance(31 * MINUTE_MS);
    await second.next();

    expect(await first.next()).toMatchObject({ done: true });
    expect(await second.next()).toMatchObject({ done: true });

    expect(await ledger.read()).toMatchObject({ next: '2023-02-15T07' });
  });
});
