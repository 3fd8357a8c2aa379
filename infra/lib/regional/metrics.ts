import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric, Stats, type IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { HttpCodeElb, HttpCodeTarget } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { FilterPattern, MetricFilter, type LogGroup } from 'aws-cdk-lib/aws-logs';
import type { LoadBalancer } from './load-balancer.ts';

/** The measurements that alarms and dashboard look at. */

const NAMESPACE = 'SensorFlow';
/** Fewer requests than this say nothing about a share. */
const ENOUGH_REQUESTS = 20;

/** Share of requests without an answer of use (any 5xx, also those that say to come back later), in percent. */
export function errorPercent({ balancer, targets }: LoadBalancer, period: Duration): IMetric {
  const sums = { period, statistic: Stats.SUM };
  return new MathExpression({
    label: 'errors (%)',
    period,
    expression: `IF(FILL(requests, 0) > ${ENOUGH_REQUESTS}, 100 * (FILL(ours, 0) + FILL(theirs, 0)) / requests, 0)`,
    usingMetrics: {
      requests: balancer.metrics.requestCount(sums),
      ours: targets.metrics.httpCodeTarget(HttpCodeTarget.TARGET_5XX_COUNT, sums),
      theirs: balancer.metrics.httpCodeElb(HttpCodeElb.ELB_5XX_COUNT, sums),
    },
  });
}

/** In seconds. */
export function latencyP99({ targets }: LoadBalancer): Metric {
  return targets.metrics.targetResponseTime({
    statistic: Stats.p(99),
    period: Duration.minutes(5),
  });
}

/** In milliseconds: the age of the last record that a function got of its streams. */
export function iteratorAge(functionName: string): Metric {
  return new Metric({
    namespace: 'AWS/Lambda',
    metricName: 'IteratorAge',
    dimensionsMap: { FunctionName: functionName },
    statistic: Stats.MAXIMUM,
    period: Duration.minutes(1),
  });
}

export function tableMetric(
  metricName: string,
  dimensions: Readonly<Record<string, string>>,
  statistic: string,
): Metric {
  return new Metric({
    namespace: 'AWS/DynamoDB',
    metricName,
    dimensionsMap: { ...dimensions },
    statistic,
    period: Duration.minutes(1),
  });
}

/** What of a table is used a second, against the most that it takes. */
export interface CapacityUse {
  readonly TableName: string;
  readonly metricName: 'ConsumedWriteCapacityUnits' | 'ConsumedReadCapacityUnits';
  readonly unitsPerSecond: number;
}

/** Of those, the one that is nearest to its limit, in percent. */
export function capacityPercent(uses: readonly CapacityUse[]): IMetric {
  const period = Duration.minutes(5);
  const named = uses.map((use, index) => ({ ...use, id: `used${index}` }));
  const percents = named.map(
    ({ id, unitsPerSecond }) => `100 * FILL(${id}, 0) / ${period.toSeconds() * unitsPerSecond}`,
  );
  return new MathExpression({
    label: 'capacity used (%)',
    period,
    expression: `MAX([${percents.join(', ')}])`,
    usingMetrics: Object.fromEntries(
      named.map(({ id, TableName, metricName }) => [
        id,
        tableMetric(metricName, { TableName }, Stats.SUM).with({ period }),
      ]),
    ),
  });
}

/** How many log lines match; the lines are JSON. */
export function logLines(logGroup: LogGroup, name: string, pattern: string): Metric {
  return filtered(logGroup, name, pattern).metric({
    statistic: Stats.SUM,
    period: Duration.minutes(5),
  });
}

/** The largest of a number that matching log lines say. */
export function loggedNumber(
  logGroup: LogGroup,
  name: string,
  pattern: string,
  field: string,
): Metric {
  return filtered(logGroup, name, pattern, field).metric({
    statistic: Stats.MAXIMUM,
    period: Duration.minutes(5),
  });
}

function filtered(logGroup: LogGroup, name: string, pattern: string, metricValue?: string) {
  return new MetricFilter(logGroup, name, {
    logGroup,
    metricNamespace: NAMESPACE,
    metricName: `${logGroup.logGroupName}/${name}`,
    filterPattern: FilterPattern.literal(pattern),
    ...(metricValue !== undefined && { metricValue }),
  });
}
