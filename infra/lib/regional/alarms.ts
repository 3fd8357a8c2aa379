import { ArnFormat, Aws, Stack } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  TreatMissingData,
  type IMetric,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { Deployment } from '../deployment.ts';
import { prefix } from '../names.ts';

export interface AlarmDefinition {
  /** Also the name of the runbook's section. */
  readonly id: string;
  /** `page`: now, at night too. `ticket`: in working hours. */
  readonly severity: 'page' | 'ticket';
  readonly metric: IMetric;
  /** Raised when the metric is above it. */
  readonly threshold: number;
  /** In a row; 1 unless said otherwise. */
  readonly periods?: number;
  /** Raised also when nothing is measured; otherwise that is a good sign. */
  readonly needsData?: boolean;
}

/** Every alarm of a Region; each says where the runbook tells what to do. */
export class Alarms extends Construct {
  private readonly byId: ReadonlyMap<string, Alarm>;

  constructor(
    scope: Construct,
    deployment: Deployment,
    definitions: readonly AlarmDefinition[],
    runbook: string,
  ) {
    super(scope, 'alarms');
    const topic = createTopic(this);
    if (deployment.alarmEmail !== undefined) {
      topic.addSubscription(new EmailSubscription(deployment.alarmEmail));
    }
    const alarms = definitions.map((definition) => {
      const { id, severity, metric, threshold, periods = 1, needsData = false } = definition;
      const alarm = new Alarm(this, id, {
        alarmName: alarmName(deployment, id),
        alarmDescription: `${severity}: ${runbook}#${id}`,
        metric,
        threshold,
        evaluationPeriods: periods,
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        treatMissingData: needsData ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
      });
      alarm.addAlarmAction(new SnsAction(topic));
      return [id, alarm] as const;
    });
    this.byId = new Map(alarms);
  }

  all(): readonly Alarm[] {
    return [...this.byId.values()];
  }

  alarm(id: string): Alarm {
    const alarm = this.byId.get(id);
    if (alarm === undefined) throw new Error(`There is no alarm ${id}.`);
    return alarm;
  }
}

/** `enforceSSL` brings a policy, which replaces the default: CloudWatch has to be let in by name. */
function createTopic(scope: Construct): Topic {
  const topic = new Topic(scope, 'topic', { enforceSSL: true });
  const alarms = Stack.of(scope).formatArn({
    service: 'cloudwatch',
    resource: 'alarm',
    resourceName: '*',
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  topic.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: {
        StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
        ArnLike: { 'aws:SourceArn': alarms },
      },
    }),
  );
  return topic;
}

export function alarmName(deployment: Deployment, id: string): string {
  return `${prefix(deployment.name)}-${id}`;
}
