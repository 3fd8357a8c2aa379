import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { toItem } from '../../libs/aggregation/src/dynamodb/aggregate-item.ts';
import { parseHour } from '../../libs/aggregation/src/hours/hour.ts';
import { LimitedConnections } from '../../libs/auth/src/index.ts';
import { foldReadings } from '../../libs/aggregation/src/hours/hourly-aggregate.ts';
import { instantFromEpochMs, SystemClock } from '../../libs/kernel/src/index.ts';
import { blockItemJson } from '../../libs/sensor-data/src/dynamodb/block-item.ts';
import type { LogRow } from '../../libs/sensor-data/src/log/block-builder.ts';
import type { Origin } from '../../libs/sensor-data/src/log/block.ts';
import { packRows } from '../../libs/sensor-data/src/log/pack-rows.ts';
import type { StoredReading } from '../../libs/sensor-data/src/reading.ts';
import { InMemoryConnectionPlaces } from '../../test/support/in-memory-connection-places.ts';
import { itemSize } from '../../test/support/dynamodb-item-size.ts';
import { BENCH_FIGURES } from '../cost/bench-figures.ts';
import { IDLE_SECONDS } from '../cost/front.ts';
import { HOURS, type Design } from '../cost/design.ts';
import { ASSUMED, MEASURED, PACKED, requestsPerProcessorAndSecond } from '../cost/inputs.ts';
import { limitedConnectionCost, listeningTable } from '../cost/listening.ts';
import { monthlyCost, totalOf } from '../cost/model.ts';
import { PRICES } from '../cost/prices.ts';
import { sweptHour } from '../cost/sweep.ts';
import { tableUnits, unitsPerSecond } from '../cost/table-units.ts';
import {
  BATCHES,
  CSV,
  designsTable,
  FIFTY,
  linesTable,
  provisioned,
  SINGLE,
  SMALL,
  smallTable,
  unitsTable,
} from '../cost/tables.ts';
import { FleetToSweep } from './support/fleet-to-sweep.ts';
import {
  at,
  ENVIRONMENTS,
  listOf,
  PROD,
  regional,
  SMALL as SMALL_ENVIRONMENT,
} from './support/templates.ts';

const ROOT = join(import.meta.dirname, '../..');
const BY = '6d0e9c1a-0000-4000-8000-1234567890ab';
const UPLOAD = '0190a0a0-0000-7000-8000-000000000001';
const TEN_G = 1e10;

describe('the sizes that the model starts from', () => {
  it('are those of the items that the code writes', () => {
    const readings = Array.from({ length: 60 }, (_none, minute) => readingAt(minute));
    const hour = parseHour('2026-11-22T10');
    if (hour === undefined) throw new Error('no hour');
    const cell = { equipmentId: 'EQ-12495', hour, version: 60, metrics: foldReadings(readings) };
    const alone = { ...rowAt(7), values: new Map([['value', 78.42]]) };

    expect(sizesOf([alone], { by: BY })).toEqual([MEASURED.readingBytes.value]);
    expect(itemSize(toItem(cell, 0))).toBe(MEASURED.aggregateBytes.value);
  });

  it('are those of 50 readings that arrive together, whenever they begin', () => {
    const hours = Array.from({ length: 60 }, (_none, first) => {
      const inThisHour = Math.min(60 - first, 50);
      const next = Array.from({ length: 50 - inThisHour }, (_one, minute) => rowAt(minute));
      const rows = Array.from({ length: inThisHour }, (_one, minute) => rowAt(first + minute));
      return [rows, next].filter(({ length }) => length > 0);
    }).flat();
    const sizes = hours.flatMap((rows) => sizesOf(rows, { by: BY }));

    expect(PACKED.fifty.readings).toBe(50);
    expect(PACKED.fifty.hours).toBeCloseTo(hours.length / 60, 2);
    expect(PACKED.fifty.blocks).toBeCloseTo(sizes.length / 60, 2);
    expect(PACKED.fifty.bytes).toBeCloseTo(sumOf(sizes) / 60, -1);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1024);
  });

  it('are those of an hour in a file', () => {
    const rows = Array.from({ length: 60 }, (_none, minute) => ({
      ...rowAt(minute),
      place: 1000 + minute,
    }));
    const sizes = sizesOf(rows, { by: BY, importId: UPLOAD });

    expect(PACKED.hourOfFile.readings).toBe(60);
    expect(PACKED.hourOfFile.blocks).toBe(sizes.length);
    expect(PACKED.hourOfFile.bytes).toBeCloseTo(sumOf(sizes), -1);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1024);
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
  const often: Design = { ...SINGLE, readingsPerEquipmentAndHour: 3600 };

  it('pays one write unit for a reading that comes alone, at the list price', () => {
    expect(monthlyCost(1e6, SINGLE)['readings: writes']).toBeCloseTo(0.625, 10);
    expect(monthlyCost(1e6, BATCHES)['readings: writes']).toBeCloseTo(0.625, 10);
  });

  it('pays what is provisioned by the hour, and for the third of it that is not used', () => {
    const cost = monthlyCost(TEN_G, provisioned(SINGLE));

    expect(cost['readings: writes']).toBeCloseTo((TEN_G * 0.00065) / 3600 / 0.7, 6);
    expect(cost['provisioned without use']).toBe(0);
  });

  it('pays for what is provisioned at least, too', () => {
    const idle = monthlyCost(0, provisioned(SINGLE));

    expect(idle['provisioned without use']).toBeCloseTo(2 * 730 * 5 * (0.00065 + 0.00013), 6);
  });

  it('recomputes an hour of 60 readings thirteen times: each 5 minutes, and when it is closed', () => {
    const { cells } = tableUnits(60, SINGLE);

    expect(cells.writes).toBe(13);
    expect(tableUnits(60, BATCHES).cells).toEqual(cells);
  });

  it('recomputes what arrives seldom once for each arrival and when it is closed', () => {
    const { cells } = tableUnits(60, FIFTY);
    const arrivals = (60 * PACKED.fifty.hours) / 50;

    expect(cells.writes).toBeCloseTo(arrivals + 1, 10);
  });

  it('recomputes an hour of a file twice: for its import to be completed, and by the stream', () => {
    const hours = TEN_G / 60;
    const importing = (TEN_G / MEASURED.importedRowsPerSecond.value) * ASSUMED.armSlowdown;
    const recomputing = (hours * MEASURED.millisPerDirtyHour.value) / 1e3;
    const lambda = (importing + recomputing) * ASSUMED.lambdaMemoryGb * PRICES.lambdaGbSecond;
    const files = (TEN_G / ASSUMED.readingsPerCsvFile) * (PRICES.objectPut + PRICES.lambdaCall);
    const objects = ((TEN_G * ASSUMED.bytesPerCsvRow) / 1e9) * PRICES.objectGbMonth;

    expect(tableUnits(60, CSV).cells).toEqual({ writes: 2, reads: 4 });
    expect(monthlyCost(TEN_G, CSV)['CSV import']).toBeCloseTo(lambda + files + objects, 6);
  });

  it('recomputes no more of what comes more often', () => {
    const dense = { ...often, readingsPerEquipmentAndHour: 900 };

    expect(tableUnits(900, dense).cells.writes).toBe(tableUnits(60, SINGLE).cells.writes);
  });

  it('reads an hour from its beginning: on average half of it, each time, and its version', () => {
    const dense = { ...often, readingsPerEquipmentAndHour: 900 };
    const reads = tableUnits(900, dense).cells.reads / 13;
    const half = (900 * MEASURED.readingBytes.value) / 2 / 4096;

    expect(reads).toBeGreaterThan(half);
    expect(reads).toBeLessThan(half + 3.5);
  });

  it('pays for the slots of a dense hour when it writes it', () => {
    expect(tableUnits(3600, often).cells.writes).toBe(3 * tableUnits(60, SINGLE).cells.writes);
  });

  it('sums shards and fleet once a window, however much is sent within it', () => {
    const [slow, fast] = [60, 6].map(
      (sumsWindowSeconds) => tableUnits(3600 * 730, { ...often, sumsWindowSeconds }).fleet,
    );

    expect(slow?.writes).toBeCloseTo(Math.min(60, 13) * 2 * 730, 6);
    expect(fast?.writes).toBe(slow?.writes);
    expect(tableUnits(1e8, { ...often, sumsWindowSeconds: 60 }).fleet.writes).toBeCloseTo(
      60 * 2 * 730,
      6,
    );
  });

  it('verifies nothing, and changes nothing else, where hours are not swept', () => {
    const { verification, ...others } = monthlyCost(TEN_G, { ...SINGLE, sweepDelayMinutes: 0 });

    expect(verification).toBe(0);
    expect(monthlyCost(TEN_G, SINGLE)).toMatchObject(others);
  });

  it('doubles everything that each Region has of its own', () => {
    const one = monthlyCost(TEN_G, SINGLE);
    const two = monthlyCost(TEN_G, { ...SINGLE, regions: 2 });

    for (const line of [
      'readings: writes',
      'aggregates: writes',
      'aggregates: reads',
      'verification',
      'storage and backups',
    ]) {
      expect(two[line]).toBeCloseTo(2 * Number(one[line]), 6);
    }
  });

  it('pays for the addresses of load balancer and tasks', () => {
    const idle = monthlyCost(0, SMALL);

    expect(idle['load balancer']).toBeCloseTo(730 * (0.0225 + 2 * 0.005), 6);
    expect(idle['network, answers']).toBeCloseTo(730 * 2 * 0.005, 6);
  });

  it('pays a request $0.60 a million for a firewall', () => {
    const cost = monthlyCost(1e6, { ...SINGLE, firewall: true });

    expect(cost['firewall']).toBeCloseTo(8 + 0.6, 10);
    expect(monthlyCost(1e6, SINGLE)['firewall']).toBe(0);
  });

  it('pays for connections, where equipment opens one for each reading', () => {
    const kept = monthlyCost(TEN_G, SINGLE);
    const opened = monthlyCost(TEN_G, {
      ...SINGLE,
      sending: { ...SINGLE.sending, keepsConnection: false },
    });
    const perSecond = TEN_G / 730 / 3600;

    expect(Number(opened['load balancer']) - idleBalancer()).toBeCloseTo(
      (perSecond / 25) * 730 * 0.008,
      6,
    );
    expect(opened['network, answers']).toBeGreaterThan(Number(kept['network, answers']) + 3000);
  });

  it('charges for what stands idle, too', () => {
    const idle = monthlyCost(0, SINGLE);

    expect(idle['API tasks']).toBeCloseTo(2 * 730 * (0.03238 + 2 * 0.00356), 6);
    expect(totalOf(idle)).toBeGreaterThan(100);
  });

  it('says what the ranges of provisioned tables begin from', () => {
    const { readings } = unitsPerSecond(TEN_G, SINGLE);

    expect(readings.writes).toBeCloseTo(TEN_G / 730 / 3600, 6);
  });
});

describe('the promise, at 10 G readings a month in one Region, provisioned and without firewall', () => {
  const perMillion = (design: Design) =>
    totalOf(monthlyCost(TEN_G, provisioned(design))) / (TEN_G / 1e6);

  it.each([
    ['$0.75 for a million sent one a minute', 0.75, SINGLE],
    ['$0.60 for them in batches', 0.6, BATCHES],
    ['$0.10 for 50 of one equipment in a request', 0.1, FIFTY],
    ['$0.10 for files', 0.1, CSV],
  ] satisfies [string, number, Design][])('is %s', (_what, most, one) => {
    expect(one).toMatchObject({ regions: 1, firewall: false });
    expect(perMillion(one)).toBeLessThanOrEqual(most);
  });

  it('is $55 a month for a million in the small environment', () => {
    expect(SMALL).toMatchObject({ capacity: 'on-demand', logLevel: 'info' });
    expect(totalOf(monthlyCost(1e6, SMALL))).toBeLessThanOrEqual(55);
  });
});

describe('the environments', () => {
  it.each(ENVIRONMENTS.map((deployment) => [deployment.name, deployment.tasks] as const))(
    'of %s scale before a task has more than it can take',
    (_name, { cpuUnits, requestsPerMinute }) => {
      const capacity = 60 * requestsPerProcessorAndSecond(1) * (cpuUnits / 1024);

      expect(requestsPerMinute).toBeLessThanOrEqual(capacity);
      expect(requestsPerMinute).toBeGreaterThan(capacity / 2);
    },
  );

  it('are what the model assumes: processor target, memory of functions, alarms, idle connections', () => {
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
    expect(2 * targets.length).toBe(ASSUMED.alarmsOfTaskScaling);
    expect(functions).toEqual([1769, 1769, 1024 * ASSUMED.livePublisherGb]);
    expect(ASSUMED.lambdaMemoryGb).toBe(1769 / 1024);
    expect(alarmMetricsOf(regional(SMALL_ENVIRONMENT))).toBe(ASSUMED.alarmMetrics);
    expect(alarmMetricsOf(stack)).toBe(ASSUMED.alarmMetrics + ASSUMED.alarmMetricsOfOtherRegion);
    expect(
      listOf(
        stack.only('AWS::ElasticLoadBalancingV2::LoadBalancer').properties[
          'LoadBalancerAttributes'
        ],
      ),
    ).toContainEqual({ Key: 'idle_timeout.timeout_seconds', Value: String(IDLE_SECONDS) });
  });

  it('have as many addresses as the model pays for', () => {
    const subnetsOf = (environment: typeof SMALL_ENVIRONMENT) =>
      listOf(
        regional(environment).only('AWS::ElasticLoadBalancingV2::LoadBalancer').properties[
          'Subnets'
        ],
      ).length;

    expect(subnetsOf(PROD)).toBe(SINGLE.availabilityZones);
    expect(subnetsOf(SMALL_ENVIRONMENT)).toBe(SMALL.availabilityZones);
    expect(SMALL_ENVIRONMENT.tasks).toMatchObject({ min: 2, cpuUnits: 256 });
    expect(SMALL).toMatchObject({ tasks: SMALL_ENVIRONMENT.tasks, monitoring: 'alarms' });
  });
});

describe('a live connection of a key with maxConnections', () => {
  it('costs what renewing its place writes', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const places = new InMemoryConnectionPlaces();
    const renew = vi.spyOn(places, 'renew');
    const connections = new LimitedConnections(places, new SystemClock(), () => undefined);
    const held = await connections.open({ subject: 'key', maxConnections: 1 }, () => held.close());

    await vi.advanceTimersByTimeAsync(3_600_000);
    held.close();

    expect(limitedConnectionCost()).toBeCloseTo(
      renew.mock.calls.length * HOURS * PRICES.writeUnit,
      9,
    );
  });
});

describe('the page on cost', () => {
  it.each([
    ['designs', designsTable()],
    ['lines', linesTable()],
    ['the small environment', smallTable()],
    ['units a second', unitsTable()],
    ['who listens', listeningTable()],
  ])('shows what npm run cost prints: %s', (_name, table) => {
    const page = squeezed(readFileSync(join(ROOT, 'docs/cost.md'), 'utf8'));

    expect(page).toContain(squeezed(table));
  });
});

function idleBalancer(): number {
  return Number(monthlyCost(0, SINGLE)['load balancer']);
}

/** An alarm is paid for by the metric. */
function alarmMetricsOf(stack: ReturnType<typeof regional>): number {
  const counts = stack.ofType('AWS::CloudWatch::Alarm').map(({ properties }) => {
    const measured = listOf(properties['Metrics']).filter((one) => at(one, 'MetricStat'));
    return Math.max(1, measured.length);
  });
  return sumOf(counts);
}

/** NaN where the report has no such row or column. */
function figureIn(report: string, row: string, column: string): number {
  const lines = report.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
  const place = lines.findIndex(([, name]) => name === row);
  const head = lines
    .slice(0, place)
    .findLast((_cells, index) => lines[index + 1]?.[1]?.startsWith('---'));
  return Number(lines[place]?.[head?.indexOf(column) ?? -1]?.replaceAll(',', ''));
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

/** One a minute, with as many digits as a double has. */
function rowAt(minute: number): LogRow {
  return {
    offsetNs: minute * 60e9,
    values: new Map([['value', 20 + 5 * Math.sin(minute)]]),
    tags: new Map(),
  };
}

/** By DynamoDB's rules, of what the product packs them into. */
function sizesOf(rows: readonly LogRow[], origin: Origin): readonly number[] {
  return packRows('EQ-12495', '2026-11-22T10', origin, rows).map(({ block }) => {
    const sealed = block.seal({ epochMicros: 1_795_384_343_000_000, source: '0123456789' });
    const item: Record<string, AttributeValue> = JSON.parse(blockItemJson(sealed));
    return itemSize(item);
  });
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
