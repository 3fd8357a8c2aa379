import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toItem } from '../../libs/aggregation/src/dynamodb/aggregate-item.ts';
import { parseHour } from '../../libs/aggregation/src/hours/hour.ts';
import { foldReadings } from '../../libs/aggregation/src/hours/hourly-aggregate.ts';
import { instantFromEpochMs } from '../../libs/kernel/src/index.ts';
import { blockItemJson } from '../../libs/sensor-data/src/dynamodb/block-item.ts';
import { hourOf, offsetOf } from '../../libs/sensor-data/src/log/hour-time.ts';
import { packRows } from '../../libs/sensor-data/src/log/pack-rows.ts';
import type { StoredReading } from '../../libs/sensor-data/src/reading.ts';
import { BENCH_FIGURES } from '../cost/bench-figures.ts';
import { ASSUMED, MEASURED, requestsPerTaskAndSecond } from '../cost/inputs.ts';
import { monthlyCost, totalOf, type Design } from '../cost/model.ts';
import { sweptHour } from '../cost/sweep.ts';
import { DESIGNS, designsTable, linesTable } from '../cost/tables.ts';
import { FleetToSweep } from './support/fleet-to-sweep.ts';
import { at, BOTH, listOf, PROD, regional } from './support/templates.ts';

const ROOT = join(import.meta.dirname, '../..');
const design: Design = {
  name: 'a plain one',
  readingsPerRequest: 500,
  readingsPerEquipmentAndHour: 60,
  windowSeconds: 1,
  sweepDelayMinutes: 15,
  regions: 1,
  firewall: false,
  network: 'public-ip',
};

describe('the sizes that the model starts from', () => {
  it('are those of the items that the code writes', () => {
    const readings = Array.from({ length: 60 }, (_none, minute) => readingAt(minute));
    const hour = parseHour('2026-11-22T10');
    if (hour === undefined) throw new Error('no hour');
    const cell = { equipmentId: 'EQ-12495', hour, version: 60, metrics: foldReadings(readings) };

    expect(itemBytes(JSON.parse(blockItemJson(blockOf(readingAt(7)))))).toBe(
      MEASURED.readingBytes.value,
    );
    expect(itemBytes(toItem(cell, 0))).toBe(MEASURED.aggregateBytes.value);
  });
});

describe('the figures of the benchmark', () => {
  const report = readFileSync(join(ROOT, 'bench/results/latest.md'), 'utf8');

  it.each(Object.entries(BENCH_FIGURES))(
    'are of the size that the latest run kept: %s',
    (_name, { value, row, column }) => {
      const measured = figureIn(report, row, column);

      expect(value / measured).toBeGreaterThan(1 / 3);
      expect(value / measured).toBeLessThan(3);
    },
  );
});

describe('the sweep that the model starts from', () => {
  const slots = 12 * MEASURED.slotBytes.value;
  let fleet: FleetToSweep;

  beforeEach(async () => {
    fleet = await FleetToSweep.start();
  });

  afterEach(async () => {
    await fleet.stop();
  });

  it.each([
    ['', 60, 40, 0],
    [' dense', 1200, 3, slots],
  ])('asks the store for as much for each%s hour', async (_dense, readings, equipment, more) => {
    await fleet.add(equipmentIds('A', equipment), readings);
    const before = await fleet.sweep();
    await fleet.add(equipmentIds('B', equipment), readings);

    const after = await fleet.sweep();

    const model = sweptHour(readings, MEASURED.aggregateBytes.value + more);
    const readUnits = (after.readUnits - before.readUnits) / equipment;
    expect((after.calls - before.calls) / equipment).toBe(model.calls);
    expect(readUnits / model.readUnits).toBeCloseTo(1, 1);
  });
});

describe('the model', () => {
  it('pays one write unit for a reading, at the list price', () => {
    expect(monthlyCost(1e6, design)['readings: writes']).toBeCloseTo(0.625, 10);
  });

  it('pays one write unit for each recomputation, as the table has no index', () => {
    expect(monthlyCost(1e6, design)['aggregates: writes']).toBeCloseTo(0.625, 10);
  });

  it('shares a recomputation among the readings of a window', () => {
    const everySecond = { ...design, readingsPerEquipmentAndHour: 3600 };
    const writes = [1, 5, 60].map((windowSeconds) =>
      Number(monthlyCost(1e6, { ...everySecond, windowSeconds })['aggregates: writes']),
    );

    expect(writes[1]).toBeCloseTo(Number(writes[0]) / 5, 10);
    expect(writes[2]).toBeCloseTo(Number(writes[0]) / 60, 10);
  });

  it('reads an hour from its beginning: on average half of it, each time', () => {
    const reads = readUnitsOf({ ...design, readingsPerEquipmentAndHour: 900 });
    const halfAnHour = (900 * MEASURED.readingBytes.value) / 2 / 4096;

    expect(reads).toBeGreaterThan(halfAnHour);
    expect(reads).toBeLessThan(halfAnHour + 2.5);
  });

  it('reads half a slot of a dense hour, and pays for the slots when it writes', () => {
    const dense = { ...design, readingsPerEquipmentAndHour: 3600 };
    const halfASlot = (300 * MEASURED.readingBytes.value) / 2 / 4096;

    expect(readUnitsOf(dense)).toBeGreaterThan(halfASlot);
    expect(readUnitsOf(dense)).toBeLessThan(halfASlot + 2.5);
    expect(monthlyCost(1e6, dense)['aggregates: writes']).toBeCloseTo(3 * 0.625, 10);
  });

  it('sums shards and fleet once a window, however much is sent within it', () => {
    const everySecond = { ...design, readingsPerEquipmentAndHour: 3600 };
    const [slow, fast] = [60, 1].map((windowSeconds) =>
      Number(
        monthlyCost(3600 * 730, { ...everySecond, windowSeconds })['aggregates: fleet totals'],
      ),
    );

    expect(fast).toBeCloseTo(60 * Number(slow), 10);
    expect(slow).toBeCloseTo(60 * 730 * 2 * (0.625e-6 + 0.125e-6), 10);
  });

  it('verifies each equipment-hour once, however often it was recomputed', () => {
    const [seldom, often] = [60, 1].map((windowSeconds) =>
      monthlyCost(60e6, { ...design, windowSeconds }),
    );
    const { readUnits } = sweptHour(60, MEASURED.aggregateBytes.value);

    expect(seldom?.['verification']).toBe(often?.['verification']);
    expect(often?.['verification']).toBeGreaterThan(1e6 * readUnits * 0.125e-6);
    expect(often?.['verification']).toBeLessThan(2e6 * readUnits * 0.125e-6);
  });

  it('verifies nothing, and changes nothing else, where hours are not swept', () => {
    const { verification, ...others } = monthlyCost(1e10, { ...design, sweepDelayMinutes: 0 });

    expect(verification).toBe(0);
    expect(monthlyCost(1e10, design)).toMatchObject(others);
  });

  it('doubles everything that each Region has of its own', () => {
    const one = monthlyCost(1e10, design);
    const two = monthlyCost(1e10, { ...design, regions: 2 });

    for (const line of [
      'readings: writes',
      'aggregates: writes',
      'aggregates: reads',
      'verification',
      'storage and backups',
    ]) {
      expect(two[line]).toBeCloseTo(2 * Number(one[line]), 6);
    }
    expect(totalOf(two)).toBeLessThanOrEqual(2 * totalOf(one));
  });

  it('charges for what stands idle, too', () => {
    const idle = monthlyCost(0, DESIGNS[0] ?? design);

    expect(idle['API tasks']).toBeCloseTo(2 * 730 * (0.03238 + 2 * 0.00356), 6);
    expect(totalOf(idle)).toBeGreaterThan(100);
  });
});

describe('the environments', () => {
  it.each(BOTH.map((deployment) => [deployment.name, deployment.tasks] as const))(
    'of %s scale before a task has more than it can take',
    (_name, { cpuUnits, requestsPerMinute }) => {
      const capacity = 60 * requestsPerTaskAndSecond(1) * (cpuUnits / 1024);

      expect(requestsPerMinute).toBeLessThanOrEqual(capacity);
      expect(requestsPerMinute).toBeGreaterThan(capacity / 2);
    },
  );

  it('are what the model assumes: tasks, processor target, memory of functions, alarms', () => {
    const stack = regional(PROD);
    const targets = stack
      .ofType('AWS::ApplicationAutoScaling::ScalingPolicy')
      .map(({ properties }) =>
        at(properties, 'TargetTrackingScalingPolicyConfiguration.TargetValue'),
      );
    const functions = stack
      .ofType('AWS::Lambda::Function')
      .map(({ properties }) => properties['MemorySize']);

    expect(targets).toContain(ASSUMED.cpuTarget * 100);
    expect(functions).toEqual([1769, 1769]);
    expect(ASSUMED.lambdaMemoryGb).toBe(1769 / 1024);
    expect(PROD.tasks).toMatchObject({
      min: ASSUMED.tasksAtLeast,
      memoryMib: 1024 * ASSUMED.taskMemoryGb,
    });
    expect(listOf(stack.ofType('AWS::EC2::NatGateway').map(({ id }) => id))).toHaveLength(
      ASSUMED.availabilityZones,
    );
    expect(stack.ofType('AWS::CloudWatch::Alarm')).toHaveLength(ASSUMED.alarms);
  });
});

describe('the README', () => {
  it.each([
    ['designs', designsTable()],
    ['lines', linesTable()],
  ])('shows what npm run cost prints: %s', (_name, table) => {
    const readme = squeezed(readFileSync(join(ROOT, 'README.md'), 'utf8'));

    expect(readme).toContain(squeezed(table));
  });
});

/** NaN where the report has no such row or column. */
function figureIn(report: string, row: string, column: string): number {
  const lines = report.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
  const place = lines.findIndex(([, name]) => name === row);
  const head = lines
    .slice(0, place)
    .findLast((_cells, index) => lines[index + 1]?.[1]?.startsWith('---'));
  return Number(lines[place]?.[head?.indexOf(column) ?? -1]?.replaceAll(',', ''));
}

/** Of a recomputation, where each reading causes one. */
function readUnitsOf(one: Design): number {
  return Number(monthlyCost(1e6, one)['aggregates: reads']) / 1e6 / 0.125e-6;
}

/** Formatting pads tables; what they say is the same. */
function squeezed(markdown: string): string {
  return markdown.replaceAll(/ +/g, ' ').replaceAll(/-{2,}/g, '---');
}

/** As long as the one whose items are measured. */
function equipmentIds(series: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_none, index) => `EQ-${series}${1000 + index}`);
}

function readingAt(minute: number): StoredReading {
  const epochMs = Date.UTC(2026, 10, 22, 10, minute);
  return {
    equipmentId: 'EQ-12495',
    timestamp: instantFromEpochMs(epochMs),
    values: new Map([['value', 78.42]]),
    tags: new Map(),
    registerTime: instantFromEpochMs(epochMs + 1234),
  };
}

/** Sent alone by a user. */
function blockOf({ equipmentId, timestamp, values, tags }: StoredReading) {
  const by = '6d0e9c1a-0000-4000-8000-1234567890ab';
  const row = { offsetNs: offsetOf(timestamp), values, tags };
  const [packed] = packRows(equipmentId, hourOf(timestamp), { by }, [row]);
  if (!packed) throw new Error('a reading makes a block');
  return packed.block.seal({ epochMicros: 1_795_384_343_000_000, source: '0123456789' });
}

/** By DynamoDB's rules: names and texts in UTF-8, two digits a byte and one more, three bytes and one an entry for a map. */
function itemBytes(item: Readonly<Record<string, AttributeValue>>): number {
  return Object.entries(item).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value),
    0,
  );
}

function valueBytes({ S, N, M }: AttributeValue): number {
  if (S !== undefined) return Buffer.byteLength(S);
  if (N !== undefined) return Math.ceil(N.replace(/[-.]/g, '').length / 2) + 1;
  if (M !== undefined) return 3 + itemBytes(M) + Object.keys(M).length;
  throw new TypeError('a kind of attribute that no item has');
}
