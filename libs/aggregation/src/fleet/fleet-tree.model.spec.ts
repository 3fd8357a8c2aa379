import { instantFromEpochMs } from '@sensorflow/kernel';
import type { StoredReading } from '@sensorflow/sensor-data';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cellsOf, expectedCells } from '../../../../test/support/aggregation-oracle.js';
import { PLANTED_FAULTS } from '../../../../test/support/planted-aggregation-faults.js';
import { aStoredReading } from '../../../../test/support/readings.js';
import { randomFrom } from '../../../../test/support/seeded-random.js';
import {
  SimulatedAggregation,
  type PlantedFault,
} from '../../../../test/support/simulated-aggregation.js';

/**
 * Every level of the fleet tree against what was written, after schedules of everything that may happen:
 * a seed is a schedule of at least 50 commands. SENSORFLOW_RUNS=20000 is the long form
 * (`npm run simulate`), which also prints how soon each planted fault is found.
 */
const RUNS = Number(process.env['SENSORFLOW_RUNS'] ?? 250);
const FEWEST_COMMANDS = 50;
const MOST_COMMANDS = 70;
/** Each planted fault has to be found by then. */
const MOST_SCHEDULES = 2000;

/** Equipment in both shards; a dense hour, its neighbour, and sparse ones. */
const KEYS = [
  ['EQ-1', '2023-02-15T06:00:00Z'],
  ['EQ-1', '2023-02-15T06:04:59.999999999Z'],
  ['EQ-1', '2023-02-15T06:05:00Z'],
  ['EQ-1', '2023-02-15T06:12:00Z'],
  ['EQ-1', '2023-02-15T06:40:00Z'],
  ['EQ-1', '2023-02-15T06:59:59.999999999Z'],
  ['EQ-1', '2023-02-15T07:00:00Z'],
  ['EQ-2', '2023-02-15T06:00:00Z'],
  ['EQ-2', '2023-02-15T06:30:00Z'],
  ['EQ-3', '2023-02-15T06:59:59.999999999Z'],
] as const;
/** Sums of these lose digits in doubles; few, so that corrections often restore what was there. */
const VALUES = [1, 0.1, 1e15, 1e-15, -0.3];
const METRICS = [['value'], ['value'], ['value', 'pressure'], ['pressure']] as const;
const START_MS = Date.parse('2023-02-15T06:10:00Z');
/** All have expired by then. */
const EXPIRED_MS = START_MS + 31 * 24 * 3_600_000;
const HOURS_CLOSED_MS = Date.parse('2023-02-15T08:06:00Z');
const AFTER_THE_HOURS_MS = Date.parse('2023-02-15T08:10:00Z');

/** What was written: by key, the reading that stands there. */
interface Model {
  readonly readings: Map<number, StoredReading>;
  nowMs: number;
}

interface Written {
  readonly key: number;
  readonly value: number;
  readonly metrics: number;
}

type Step = (world: SimulatedAggregation, model: Model) => Promise<void> | void;

/** Commands can always be run: one that finds nothing to do does nothing. */
class Command implements fc.AsyncCommand<Model, SimulatedAggregation> {
  constructor(
    private readonly name: string,
    private readonly step: Step,
  ) {}

  check(): boolean {
    return true;
  }

  async run(model: Model, world: SimulatedAggregation): Promise<void> {
    await this.step(world, model);
  }

  toString(): string {
    return this.name;
  }
}

function put(world: SimulatedAggregation, model: Model, { key, value, metrics }: Written): void {
  const [equipmentId, timestamp] = KEYS[key % KEYS.length] ?? KEYS[0];
  model.nowMs += 1000;
  const names = METRICS[metrics % METRICS.length] ?? METRICS[0];
  const values = names.map((name) => [name, VALUES[value % VALUES.length] ?? 0]);
  const registerTime = new Date(model.nowMs).toISOString();
  const aboutIt = { equipmentId, timestamp, registerTime };
  const before = model.readings.get(key % KEYS.length)?.values ?? [];
  // Metrics that are not sent stand beside those that are.
  const merged = aStoredReading({
    ...aboutIt,
    values: Object.fromEntries([...before, ...values]),
  });
  model.readings.set(key % KEYS.length, merged);
  world.put(aStoredReading({ ...aboutIt, values: Object.fromEntries(values) }));
}

const nat = fc.nat({ max: 999 });
const written = fc.record({ key: nat, value: nat, metrics: nat });

const COMMANDS: readonly {
  readonly name: string;
  readonly weight: number;
  readonly arbitrary: fc.Arbitrary<Command>;
}[] = [
  command(10, 'put', written, (world, model, one) => put(world, model, one)),
  command(3, 'identical put', nat, (world, model, key) => {
    const reading = model.readings.get(key % KEYS.length);
    if (!reading) return;
    model.nowMs += 1000;
    const registerTime = instantFromEpochMs(model.nowMs);
    const repeated = { ...reading, registerTime };
    model.readings.set(key % KEYS.length, repeated);
    world.put(repeated);
  }),
  command(3, 'correction', written, (world, model, one) => {
    const keys = [...model.readings.keys()];
    put(world, model, { ...one, key: keys[one.key % Math.max(1, keys.length)] ?? one.key });
  }),
  command(3, 'delete', nat, (world, model, key) => {
    const reading = model.readings.get(key % KEYS.length);
    model.readings.delete(key % KEYS.length);
    if (reading) world.remove(reading);
  }),
  command(1, 'late put', written, (world, model, one) => {
    model.nowMs = Math.max(model.nowMs, AFTER_THE_HOURS_MS);
    put(world, model, one);
  }),
  command(1, 'shard split', fc.tuple(nat, nat), (world, _, [table, shard]) =>
    world.split(table, shard),
  ),
  command(
    12,
    'work',
    fc.tuple(fc.integer({ min: 1, max: 25 }), fc.constantFrom(0, 0, 0.02, 0.2)),
    async (world, _, [steps, failures]) => world.work(steps, failures),
  ),
  command(
    8,
    'rush',
    fc.tuple(nat, fc.integer({ min: 1, max: 25 })),
    async (world, _, [pick, steps]) => world.rush(pick, steps),
  ),
  command(3, 'crash', nat, (world, _, pick) => world.crash(pick)),
  command(5, 'time out into a zombie', nat, (world, _, pick) => world.timeOut(pick)),
  command(
    2,
    'zombie works on',
    fc.tuple(nat, fc.integer({ min: 1, max: 8 })),
    async (world, _, [pick, steps]) => world.wakeZombie(pick, steps),
  ),
  command(2, 'redelivery', nat, (world, _, pick) => world.redeliver(pick)),
  command(
    2,
    're-batch and bisect',
    fc.tuple(nat, fc.integer({ min: 1, max: 2 })),
    (world, _, [pick, size]) => world.bisect(pick, size),
  ),
  command(2, 'time passes', nat, (world, _, ms) => {
    world.nowEpochMs += ms * 100;
  }),
  command(2, 'refresh', nat, async (world, _, pick) => world.refresh(pick)),
  command(1, 'close hours', nat, (world, _, pick) => world.close(START_MS + (pick % 150) * 60_000)),
  command(1, 'closer killed', nat, (world, _, pick) => world.stopCloser(pick, 'killed')),
  command(1, 'closer frozen', nat, (world, _, pick) => world.stopCloser(pick, 'frozen')),
  command(1, 'discard', nat, (world, _, pick) => world.discard(pick)),
  command(1, 'redrive', fc.constant(0), async (world) => world.redrive()),
];

function command<T>(
  weight: number,
  name: string,
  parameters: fc.Arbitrary<T>,
  step: (world: SimulatedAggregation, model: Model, parameters: T) => Promise<void> | void,
) {
  const arbitrary = parameters.map(
    (chosen) =>
      new Command(`${name} ${JSON.stringify(chosen)}`, (world, model) =>
        step(world, model, chosen),
      ),
  );
  return { name, weight, arbitrary };
}

/** What may still happen when blocks begin to expire, without further writes. */
const WRITING = new Set(['put', 'identical put', 'correction', 'delete', 'late put']);

const AFTERMATH = [
  command(
    10,
    'TTL delete',
    fc.tuple(nat, fc.constantFrom('named' as const, 'dated' as const, 'bare' as const)),
    (world, _, [pick, seen]) => world.expire(pick, seen),
  ),
  ...COMMANDS.filter(({ name }) => !WRITING.has(name)),
];

const schedules = fc.record({
  commands: fc.array(fc.oneof(...COMMANDS), {
    minLength: FEWEST_COMMANDS,
    maxLength: MOST_COMMANDS,
  }),
  order: fc.nat(),
  aftermath: fc.option(fc.array(fc.oneof(...AFTERMATH), { maxLength: 25 })),
});

type Schedule = typeof schedules extends fc.Arbitrary<infer S> ? S : never;

/** Where a level differs from what was written, when all is done. */
async function differencesAfter(
  { commands, order, aftermath }: Schedule,
  fault: PlantedFault = {},
): Promise<readonly string[]> {
  const world = new SimulatedAggregation(randomFrom(order), fault);
  const model: Model = { readings: new Map(), nowMs: START_MS };
  world.nowEpochMs = START_MS;
  // In every other schedule no change waits from the beginning.
  if (order % 2 === 0) await world.closeAll(HOURS_CLOSED_MS);
  await fc.asyncModelRun(() => ({ model, real: world }), commands);
  await world.closeAll(HOURS_CLOSED_MS);
  if (aftermath) {
    // An accepted reading has 47 hours to be aggregated. Who is frozen longer wakes in another time.
    await world.settle('sleep');
    world.nowEpochMs = EXPIRED_MS;
    await fc.asyncModelRun(() => ({ model, real: world }), aftermath);
  }
  await world.settle();
  const [expected, found] = [expectedCells([...model.readings.values()]), cellsOf(world)];
  return [...new Set([...expected.keys(), ...found.keys()])].flatMap((cell) => {
    const [wanted, shown] = [expected.get(cell), found.get(cell)];
    return wanted === shown ? [] : [`${cell}: ${shown} instead of ${wanted}`];
  });
}

/** One seed is one schedule. */
function scheduleOf(seed: number): Schedule {
  const [schedule] = fc.sample(schedules, { seed, numRuns: 1 });
  if (!schedule) throw new Error('no schedule');
  return schedule;
}

/** The first seed whose schedule ends with a difference, or undefined. */
async function schedulesUntilFound(fault: PlantedFault): Promise<number | undefined> {
  for (let seed = 1; seed <= MOST_SCHEDULES; seed += 1) {
    if ((await differencesAfter(scheduleOf(seed), fault)).length > 0) return seed;
  }
  return undefined;
}

describe('the fleet tree under every schedule', { timeout: 3_600_000 }, () => {
  it('equals the readings at every level in the end', async () => {
    await fc.assert(
      fc.asyncProperty(schedules, async (schedule) => {
        expect(await differencesAfter(schedule)).toEqual([]);
      }),
      { numRuns: RUNS, seed: 20_261_122, endOnFailure: true },
    );
  });

  it.each(PLANTED_FAULTS)(
    'would not, with %s, which these schedules find out',
    async (name, fault) => {
      const found = await schedulesUntilFound(fault);

      process.stdout.write(`planted fault: ${name.padEnd(40)} found by schedule ${found}\n`);
      expect(found).toBeLessThan(MOST_SCHEDULES);
    },
  );
});
