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

/** How many log lines match; the lines are JSON. */
export function logLines(logGroup: LogGroup, name: string, pattern: string): Metric {
  const filter = new MetricFilter(logGroup, name, {
    logGroup,
    metricNamespace: NAMESPACE,
    metricName: `${logGroup.logGroupName}/${name}`,
    filterPattern: FilterPattern.literal(pattern),
  });
  return filter.metric({ statistic: Stats.SUM, period: Duration.minutes(5) });
}
