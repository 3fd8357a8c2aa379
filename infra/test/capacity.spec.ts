import { describe, expect, it } from 'vitest';
import { AGGREGATES_TABLE, READINGS_TABLE } from '../../libs/platform/src/resources/tables.ts';
import { limitsOf } from '../lib/capacity.ts';
import { tableName } from '../lib/names.ts';
import {
  at,
  listOf,
  PROD,
  PROVISIONED,
  regional,
  stackOf,
  textOf,
  type Json,
} from './support/templates.ts';

const REGIONS = PROVISIONED.regions;
const tables = [stackOf(PROVISIONED, 'data'), regional(PROVISIONED)].flatMap((stack) =>
  stack.ofType('AWS::DynamoDB::GlobalTable').map(({ properties }) => properties),
);
const named = (name: string) =>
  tables.find(({ TableName }) => TableName === `sensorflow-${PROVISIONED.name}-${name}`);

describe('provisioned tables', () => {
  it('scale the writes of all copies together, and the reads of each for itself', () => {
    const readings = named('readings');

    expect(readings?.['BillingMode']).toBe('PROVISIONED');
    expect(rangeOf(at(readings, WRITES))).toEqual([2000, 12_000, 2000, 70]);
    expect(listOf(readings?.['Replicas']).map((one) => textOf(at(one, 'Region')))).toEqual(
      expect.arrayContaining([...REGIONS]),
    );
    for (const replica of listOf(readings?.['Replicas'])) {
      expect(rangeOf(at(replica, READS))).toEqual([1200, 7000, 1200, 70]);
    }
  });

  it('are the aggregates too, with every index that they have', () => {
    const aggregates = named('aggregate');
    const indexes = listOf(aggregates?.['GlobalSecondaryIndexes']);

    expect(indexes).toHaveLength(AGGREGATES_TABLE.indexes.length);
    for (const one of [aggregates, ...indexes]) {
      expect(rangeOf(at(one, WRITES))).toEqual([800, 5000, 800, 70]);
    }
  });

  it('have no bound on demand beside their range', () => {
    for (const name of ['readings', 'aggregate']) {
      expect(named(name)?.['WriteOnDemandThroughputSettings']).toBeUndefined();
    }
  });

  it('are never imports and sessions, whose load comes suddenly', () => {
    for (const name of ['imports', 'sessions']) {
      expect(named(name)).toMatchObject({ BillingMode: 'PAY_PER_REQUEST' });
    }
  });

  it('are a choice: prod pays by the request', () => {
    const readings = stackOf(PROD, 'data').only('AWS::DynamoDB::GlobalTable', 'readings');

    expect(readings.properties['BillingMode']).toBe('PAY_PER_REQUEST');
  });
});

describe('what a table takes', () => {
  it('is its range, or what the environment allows any table', () => {
    expect(limitsOf(READINGS_TABLE, PROVISIONED)).toEqual({ writeUnits: 12_000, readUnits: 7000 });
    expect(limitsOf(READINGS_TABLE, PROD)).toEqual({ writeUnits: PROD.maxWriteUnitsPerSecond });
  });

  it('is watched: an alarm at 80 % of any of it', () => {
    const used = (deployment: typeof PROD) => {
      const { properties } = regional(deployment).only(
        'AWS::CloudWatch::Alarm',
        'alarmstablesnearcapacity',
      );
      expect(properties['Threshold']).toBe(80);
      const metrics = listOf(properties['Metrics']);
      const expression = textOf(
        at(
          metrics.find((one) => at(one, 'Expression')),
          'Expression',
        ),
      );
      const names = metrics.flatMap((one) => at(one, 'MetricStat.Metric.MetricName') ?? []);
      return { expression, names };
    };

    expect(used(PROD).expression).toBe(
      'MAX([100 * FILL(used0, 0) / 12000000, 100 * FILL(used1, 0) / 12000000])',
    );
    // Five minutes of 12,000 writes, 7,000 reads, and the aggregates' 5,000 and 1,000.
    expect(used(PROVISIONED).expression).toBe(
      `MAX([${[3_600_000, 2_100_000, 1_500_000, 300_000]
        .map((units, index) => `100 * FILL(used${index}, 0) / ${units}`)
        .join(', ')}])`,
    );
    expect(used(PROVISIONED).names).toEqual([
      'ConsumedWriteCapacityUnits',
      'ConsumedReadCapacityUnits',
      'ConsumedWriteCapacityUnits',
      'ConsumedReadCapacityUnits',
    ]);
  });

  it('raises an alarm where it is refused, for readings and for aggregates', () => {
    const stack = regional(PROVISIONED);
    const watched = ['readingsthrottled', 'aggregatesthrottled'].map((id) =>
      textOf(
        at(stack.only('AWS::CloudWatch::Alarm', `alarms${id}`).properties, 'Dimensions.0.Value'),
      ),
    );

    expect(watched).toEqual(
      [READINGS_TABLE, AGGREGATES_TABLE].map((table) => tableName(PROVISIONED.name, table)),
    );
  });
});

const WRITES = 'WriteProvisionedThroughputSettings.WriteCapacityAutoScalingSettings';
const READS = 'ReadProvisionedThroughputSettings.ReadCapacityAutoScalingSettings';

function rangeOf(settings: Json): readonly unknown[] {
  return [
    at(settings, 'MinCapacity'),
    at(settings, 'MaxCapacity'),
    at(settings, 'SeedCapacity'),
    at(settings, 'TargetTrackingScalingPolicyConfiguration.TargetValue'),
  ];
}
