import { Duration, type Stack } from 'aws-cdk-lib';
import { Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import {
  AGGREGATES_TABLE,
  READINGS_TABLE,
  type TableDefinition,
} from '../../../libs/platform/src/resources/tables.ts';
import { limitsOf } from '../capacity.ts';
import type { Deployment } from '../deployment.ts';
import { tableName } from '../names.ts';
import type { Aggregator } from './aggregator.ts';
import type { AlarmDefinition } from './alarms.ts';
import type { Importer } from './importer.ts';
import type { Live } from './live.ts';
import type { LoadBalancer } from './load-balancer.ts';
import {
  capacityPercent,
  errorPercent,
  iteratorAge,
  latencyP99,
  loggedNumber,
  logLines,
  tableMetric,
  type CapacityUse,
} from './metrics.ts';

export interface WatchedParts {
  readonly loadBalancer: LoadBalancer;
  readonly apiLogs: LogGroup;
  readonly importer: Importer;
  readonly aggregator: Aggregator;
  readonly live: Live;
}

/** 99.95 % of requests in 30 days have an answer of use. */
const ERROR_BUDGET_PERCENT = 0.05;
/** At this speed the month's budget is gone in two days; at the other, in five. */
const FAST_BURN = 14.4;
const SLOW_BURN = 6;
/** A tenth of the month's errors in a minute: a bad deployment, taken back at once. */
const DEPLOYMENT_ERROR_PERCENT = 5;
const LATE_MS = 60_000;
/** A stream keeps its records for 24 hours. */
const STALLED_MS = 3_600_000;
const REPLICATION_LATE_MS = 5000;
const THROTTLED_WRITES_A_MINUTE = 100;
/** Auto-scaling goes on to its maximum, and what is left until then is for peaks. */
const NEAR_CAPACITY_PERCENT = 80;
const HOURS_CLOSED = '{ $.code = "hours-closed" }';
const HEARD_LATE = '{ $.code = "live-heard-late" }';
const ERROR_LINE = '{ $.level = "error" || $.level = "fatal" }';

/** Rolls a deployment back. */
export const DEPLOYMENT_ALARM = 'api-errors-now';

export function alarmDefinitions(
  stack: Stack,
  deployment: Deployment,
  parts: WatchedParts,
): readonly AlarmDefinition[] {
  return [
    ...apiAlarms(deployment, parts),
    ...aggregationAlarms(parts),
    ...importAlarms(parts),
    ...liveAlarms(parts),
    ...tableAlarms(stack, deployment),
  ];
}

function apiAlarms(deployment: Deployment, parts: WatchedParts): readonly AlarmDefinition[] {
  const { loadBalancer, apiLogs } = parts;
  return [
    {
      id: DEPLOYMENT_ALARM,
      severity: 'page',
      metric: errorPercent(loadBalancer, Duration.minutes(1)),
      threshold: DEPLOYMENT_ERROR_PERCENT,
      periods: 3,
    },
    {
      id: 'api-errors-fast-burn',
      severity: 'page',
      metric: errorPercent(loadBalancer, Duration.hours(1)),
      threshold: FAST_BURN * ERROR_BUDGET_PERCENT,
    },
    {
      id: 'api-errors-slow-burn',
      severity: 'ticket',
      metric: errorPercent(loadBalancer, Duration.hours(6)),
      threshold: SLOW_BURN * ERROR_BUDGET_PERCENT,
    },
    {
      id: 'api-latency',
      severity: 'ticket',
      metric: latencyP99(loadBalancer),
      threshold: deployment.latencyTargetMs / 1000,
      periods: 2,
    },
    {
      id: 'api-targets-unhealthy',
      severity: 'page',
      metric: loadBalancer.targets.metrics.unhealthyHostCount({
        statistic: Stats.MAXIMUM,
        period: Duration.minutes(1),
      }),
      threshold: 0,
      periods: 5,
    },
    {
      id: 'api-error-logs',
      severity: 'ticket',
      metric: logLines(apiLogs, 'errors', ERROR_LINE),
      threshold: 0,
    },
  ];
}

function aggregationAlarms({ aggregator, apiLogs }: WatchedParts): readonly AlarmDefinition[] {
  const { lambda, discardedNotices } = aggregator;
  const age = iteratorAge(lambda.function.functionName);
  return [
    {
      id: 'aggregates-late',
      severity: 'ticket',
      metric: age,
      threshold: LATE_MS,
      periods: 5,
    },
    { id: 'aggregates-stalled', severity: 'page', metric: age, threshold: STALLED_MS },
    {
      id: 'aggregates-discarded',
      severity: 'page',
      metric: discardedNotices.metricApproximateNumberOfMessagesVisible({
        statistic: Stats.MAXIMUM,
        period: Duration.minutes(1),
      }),
      threshold: 0,
    },
    {
      id: 'hours-not-closed',
      severity: 'page',
      metric: loggedNumber(lambda.logGroup, 'hours-behind', HOURS_CLOSED, '$.hoursBehind'),
      // One is due and being closed; a second one means that something holds the closing up.
      threshold: 1,
      periods: 3,
      needsData: true,
    },
    {
      id: 'aggregates-too-large',
      severity: 'ticket',
      metric: logLines(lambda.logGroup, 'too-large', '{ $.code = "aggregate-too-large" }'),
      threshold: 0,
    },
    {
      id: 'aggregates-mismatch',
      severity: 'ticket',
      metric: logLines(apiLogs, 'mismatch', '{ $.code = "aggregate-mismatch" }'),
      threshold: 0,
    },
  ];
}

function importAlarms({ importer }: WatchedParts): readonly AlarmDefinition[] {
  return [
    {
      id: 'imports-given-up',
      severity: 'page',
      metric: importer.deadLetters.metricApproximateNumberOfMessagesVisible({
        statistic: Stats.MAXIMUM,
        period: Duration.minutes(1),
      }),
      threshold: 0,
    },
    {
      id: 'imports-waiting',
      severity: 'ticket',
      metric: importer.queue.metricApproximateAgeOfOldestMessage({
        statistic: Stats.MAXIMUM,
        period: Duration.minutes(5),
      }),
      threshold: Duration.minutes(30).toSeconds(),
      periods: 3,
    },
    {
      id: 'imports-clock',
      severity: 'ticket',
      metric: logLines(importer.lambda.logGroup, 'clock-skewed', '{ $.kind = "clock-skewed" }'),
      threshold: 0,
    },
  ];
}

/** Each process of the API has a queue of its own, which no alarm can name: the process logs how late it receives. */
function liveAlarms({ live, apiLogs }: WatchedParts): readonly AlarmDefinition[] {
  return [
    {
      id: 'live-unheard',
      severity: 'ticket',
      metric: loggedNumber(apiLogs, 'live-late', HEARD_LATE, '$.lateSeconds'),
      threshold: LATE_MS / 1000,
      periods: 2,
    },
    {
      id: 'live-late',
      severity: 'ticket',
      metric: iteratorAge(live.lambda.function.functionName),
      threshold: LATE_MS,
      periods: 5,
    },
  ];
}

function tableAlarms(stack: Stack, deployment: Deployment): readonly AlarmDefinition[] {
  const TableName = tableName(deployment.name, READINGS_TABLE);
  const others = deployment.regions.filter((region) => region !== stack.region);
  return [
    {
      id: 'readings-throttled',
      severity: 'page',
      metric: tableMetric('WriteThrottleEvents', { TableName }, Stats.SUM),
      threshold: THROTTLED_WRITES_A_MINUTE,
      periods: 3,
    },
    {
      id: 'aggregates-throttled',
      severity: 'ticket',
      metric: tableMetric(
        'WriteThrottleEvents',
        { TableName: tableName(deployment.name, AGGREGATES_TABLE) },
        Stats.SUM,
      ),
      threshold: THROTTLED_WRITES_A_MINUTE,
      periods: 3,
    },
    {
      id: 'tables-near-capacity',
      severity: 'ticket',
      metric: capacityPercent(
        [READINGS_TABLE, AGGREGATES_TABLE].flatMap((table) => usesOf(table, deployment)),
      ),
      threshold: NEAR_CAPACITY_PERCENT,
      periods: 3,
    },
    ...others.map((ReceivingRegion): AlarmDefinition => {
      const dimensions = { TableName, ReceivingRegion };
      return {
        id: 'replication-late',
        severity: 'page',
        metric: tableMetric('ReplicationLatency', dimensions, Stats.AVERAGE),
        threshold: REPLICATION_LATE_MS,
        periods: 5,
      };
    }),
  ];
}

function usesOf(table: TableDefinition, deployment: Deployment): readonly CapacityUse[] {
  const TableName = tableName(deployment.name, table);
  const { writeUnits, readUnits } = limitsOf(table, deployment);
  const writes: CapacityUse = {
    TableName,
    metricName: 'ConsumedWriteCapacityUnits',
    unitsPerSecond: writeUnits,
  };
  if (readUnits === undefined) return [writes];
  return [
    writes,
    { ...writes, metricName: 'ConsumedReadCapacityUnits', unitsPerSecond: readUnits },
  ];
}
