import { Duration } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  Stats,
  type IMetric,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { READINGS_TABLE } from '../../../libs/platform/src/resources/tables.ts';
import type { Deployment } from '../deployment.ts';
import { prefix, tableName } from '../names.ts';
import type { WatchedParts } from './alarm-definitions.ts';
import type { Alarms } from './alarms.ts';
import type { ApiService } from './api-service.ts';
import { errorPercent, iteratorAge, latencyP99, tableMetric } from './metrics.ts';

/** What to look at first when an alarm has gone off: the alarms, and the way of a reading from left to right. */
export class Dashboard extends Construct {
  constructor(
    scope: Construct,
    deployment: Deployment,
    parts: WatchedParts,
    { service }: ApiService,
    alarms: Alarms,
  ) {
    super(scope, 'dashboard');
    const { loadBalancer, importer, aggregator } = parts;
    const TableName = tableName(deployment.name, READINGS_TABLE);
    const minutely = { statistic: Stats.SUM, period: Duration.minutes(1) };
    const dashboard = new CloudWatchDashboard(this, 'dashboard', {
      dashboardName: `${prefix(deployment.name)}-${scope.node.id}`,
    });
    dashboard.addWidgets(new AlarmStatusWidget({ width: 24, alarms: [...alarms.all()] }));
    dashboard.addWidgets(
      graph('Requests', loadBalancer.balancer.metrics.requestCount(minutely)),
      graph('Errors (%)', errorPercent(loadBalancer, Duration.minutes(1))),
      graph('p99 (s)', latencyP99(loadBalancer)),
      graph('Tasks: CPU (%)', service.metricCpuUtilization()),
    );
    dashboard.addWidgets(
      graph(
        'Readings: write units',
        tableMetric('ConsumedWriteCapacityUnits', { TableName }, Stats.SUM),
      ),
      graph(
        'Readings: writes throttled',
        tableMetric('WriteThrottleEvents', { TableName }, Stats.SUM),
      ),
      graph('Aggregates behind (ms)', iteratorAge(aggregator.lambda.function.functionName)),
      graph('Uploads waiting', importer.queue.metricApproximateNumberOfMessagesVisible()),
    );
  }
}

function graph(title: string, ...left: IMetric[]): GraphWidget {
  return new GraphWidget({ title, width: 6, left });
}
