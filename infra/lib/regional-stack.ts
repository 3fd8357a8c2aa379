import { CfnOutput, Fn, Stack, type StackProps } from 'aws-cdk-lib';
import { AlarmBehavior, type ContainerImage } from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import type { DataStack } from './data-stack.ts';
import type { Deployment } from './deployment.ts';
import type { Identity } from './identity-stack.ts';
import { tableName, tableOf } from './names.ts';
import { Aggregator } from './regional/aggregator.ts';
import { alarmDefinitions, DEPLOYMENT_ALARM } from './regional/alarm-definitions.ts';
import { alarmName, Alarms } from './regional/alarms.ts';
import { ApiService } from './regional/api-service.ts';
import { createLogBucket } from './regional/buckets.ts';
import { Dashboard } from './regional/dashboard.ts';
import { Firewall } from './regional/firewall.ts';
import { Importer } from './regional/importer.ts';
import { Live } from './regional/live.ts';
import { LoadBalancer } from './regional/load-balancer.ts';
import { Network } from './regional/network.ts';
import { ReplicaStream } from './regional/replica-stream.ts';

export interface RegionalStackProps extends StackProps {
  readonly deployment: Deployment;
  readonly data: DataStack;
  readonly identity: Identity;
  readonly bundles: string;
  readonly image: (stack: Stack) => ContainerImage;
  readonly runbook: string;
}

/** All that one Region needs to serve alone: the API, the import of files, the aggregates. */
export class RegionalStack extends Stack {
  private readonly replicaStreams = new Map<string, ReplicaStream>();

  constructor(scope: Construct, id: string, props: RegionalStackProps) {
    super(scope, id, props);
    const { deployment, identity, bundles } = props;
    const logs = createLogBucket(this, deployment);
    const parts = { deployment, identity, bundles, logs };
    const network = new Network(this, 'network', deployment, logs);
    const importer = new Importer(this, parts);
    const streamOf = (nameVariable: string) => this.replicatedStreamArn(nameVariable, props);
    const aggregator = new Aggregator(this, parts, streamOf);
    const live = new Live(this, parts, { streamOf, discarded: aggregator.discarded });
    const loadBalancer = new LoadBalancer(this, deployment, network, logs);
    const image = props.image(this);
    const { bucket: uploads, queue: uploadsQueue } = importer;
    const served = { network, loadBalancer, uploads, uploadsQueue, live, image };
    const api = new ApiService(this, parts, served);
    if (deployment.firewall) new Firewall(this, loadBalancer.balancer);
    const watched = { loadBalancer, apiLogs: api.logGroup, importer, aggregator, live };
    const definitions = alarmDefinitions(this, deployment, watched);
    const alarms = new Alarms(this, deployment, definitions, props.runbook);
    if (deployment.monitoring === 'full') {
      new Dashboard(this, deployment, watched, api, alarms);
    }
    this.rollBackOn(api, alarms, deployment);
    new CfnOutput(this, 'Url', { value: `https://${deployment.domainName}` });
    new CfnOutput(this, 'UploadBucket', { value: uploads.bucketName });
    new CfnOutput(this, 'DiscardedBucket', { value: aggregator.discarded.bucketName });
    new CfnOutput(this, 'DiscardedNoticesQueueUrl', {
      value: aggregator.discardedNotices.queueUrl,
    });
  }

  /** Three zones, of which an environment may use two, whatever the account: a look-up would need credentials while templates are made. */
  override get availabilityZones(): string[] {
    return [0, 1, 2].map((index) => Fn.select(index, Fn.getAzs()));
  }

  private replicatedStreamArn(nameVariable: string, props: RegionalStackProps): string {
    const { deployment, data } = props;
    if (this.region !== data.region) return this.replicaStream(nameVariable, deployment).arn;
    const streamArn = data.tables.get(nameVariable)?.tableStreamArn;
    if (streamArn === undefined) throw new Error(`${nameVariable} names no table with a stream.`);
    return streamArn;
  }

  /** Asked for once, though two functions read it. */
  private replicaStream(nameVariable: string, { name }: Deployment): ReplicaStream {
    const known = this.replicaStreams.get(nameVariable);
    if (known) return known;
    const stream = new ReplicaStream(this, tableName(name, tableOf(nameVariable)));
    this.replicaStreams.set(nameVariable, stream);
    return stream;
  }

  /** The alarm by its name: the service would otherwise wait for what is measured on itself. */
  private rollBackOn({ service }: ApiService, alarms: Alarms, deployment: Deployment): void {
    service.enableDeploymentAlarms([alarmName(deployment, DEPLOYMENT_ALARM)], {
      behavior: AlarmBehavior.ROLLBACK_ON_ALARM,
    });
    service.node.addDependency(alarms.alarm(DEPLOYMENT_ALARM));
  }
}
