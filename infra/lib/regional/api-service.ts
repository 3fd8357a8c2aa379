import { Duration, RemovalPolicy, type Stack } from 'aws-cdk-lib';
import { Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import {
  AvailabilityZoneRebalancing,
  Cluster,
  ContainerInsights,
  CpuArchitecture,
  FargateService,
  FargateTaskDefinition,
  LinuxParameters,
  LogDrivers,
  OperatingSystemFamily,
  Secret as ContainerSecret,
  type ContainerImage,
} from 'aws-cdk-lib/aws-ecs';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import {
  REPORTS_PREFIX,
  UPLOADS_PREFIX,
} from '../../../libs/platform/src/resources/event-sources.ts';
import type { Deployment } from '../deployment.ts';
import { clientSecretName } from '../names.ts';
import { USER_POOL_ACTIONS } from '../permissions.ts';
import { allow, allowBucket, allowTables, userPoolArn } from './grants.ts';
import type { Live } from './live.ts';
import type { LoadBalancer } from './load-balancer.ts';
import type { Network } from './network.ts';
import type { RegionalParts } from './regional-parts.ts';
import { API_PORT, apiVariables } from './variables.ts';

/** Longer than a target takes to leave the load balancer, and than the API takes to drain. */
const STOP_SECONDS = 60;
const CPU_TARGET_PERCENT = 60;
const USER = '10001:10001';

/** The image's own HEALTHCHECK, which ECS does not look at. */
const HEALTH_CHECK = ['CMD', 'node', 'dist/apps/api/src/healthcheck.js'];

export interface ApiServiceProps {
  readonly network: Network;
  readonly loadBalancer: LoadBalancer;
  readonly uploads: Bucket;
  readonly uploadsQueue: Queue;
  readonly live: Live;
  readonly image: ContainerImage;
}

/** The API as a Fargate service: ARM, not root, nothing to write to, replaced task by task. */
export class ApiService extends Construct {
  readonly service: FargateService;
  readonly logGroup: LogGroup;

  constructor(stack: Stack, parts: RegionalParts, props: ApiServiceProps) {
    super(stack, 'api');
    const { deployment } = parts;
    this.logGroup = new LogGroup(this, 'logs', {
      logGroupName: `/sensorflow/${deployment.name}/api`,
      retention: deployment.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const task = this.createTask(stack, parts, props);
    this.service = this.createService(task, props, deployment);
    this.scale(parts, props.loadBalancer);
  }

  private createTask(
    stack: Stack,
    parts: RegionalParts,
    { uploads, uploadsQueue, live, image }: ApiServiceProps,
  ) {
    const { cpuUnits, memoryMib } = parts.deployment.tasks;
    const taskRole = new Role(this, 'task-role', {
      assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com'),
    });
    allowTables(stack, taskRole, 'api', parts.deployment);
    // It signs uploads and downloads in its own name, and asks whether an upload has come.
    allowBucket(taskRole, uploads, {
      [UPLOADS_PREFIX]: ['GetObject', 'PutObject'],
      [REPORTS_PREFIX]: ['GetObject'],
    });
    // Who takes an import back asks the importer by a message.
    allow(taskRole, uploadsQueue.queueArn, ['sqs:SendMessage']);
    allow(
      taskRole,
      userPoolArn(stack, parts.identity),
      USER_POOL_ACTIONS.map((name) => `cognito-idp:${name}`),
    );
    live.allowListening(taskRole);
    const task = new FargateTaskDefinition(this, 'task', {
      cpu: cpuUnits,
      memoryLimitMiB: memoryMib,
      taskRole,
      runtimePlatform: {
        cpuArchitecture: CpuArchitecture.ARM64,
        operatingSystemFamily: OperatingSystemFamily.LINUX,
      },
    });
    const clientSecret = Secret.fromSecretNameV2(
      this,
      'client-secret',
      clientSecretName(parts.deployment),
    );
    task.addContainer('api', {
      image,
      user: USER,
      readonlyRootFilesystem: true,
      linuxParameters: new LinuxParameters(this, 'linux', { initProcessEnabled: true }),
      portMappings: [{ containerPort: API_PORT }],
      environment: apiVariables(parts, { uploads, uploadsQueue, liveTopic: live.topic }),
      secrets: { COGNITO_CLIENT_SECRET: ContainerSecret.fromSecretsManager(clientSecret) },
      stopTimeout: Duration.seconds(STOP_SECONDS),
      logging: LogDrivers.awsLogs({ logGroup: this.logGroup, streamPrefix: 'api' }),
      healthCheck: {
        command: HEALTH_CHECK,
        interval: Duration.seconds(15),
        timeout: Duration.seconds(3),
        startPeriod: Duration.seconds(20),
        retries: 3,
      },
    });
    return task;
  }

  private createService(
    taskDefinition: FargateTaskDefinition,
    { network, loadBalancer }: ApiServiceProps,
    { monitoring }: Deployment,
  ): FargateService {
    const { vpc, taskSubnets, tasksHavePublicIps, wayOut } = network;
    const securityGroup = new SecurityGroup(this, 'security-group', {
      vpc,
      description: 'Tasks of the API: in from the load balancer, out by HTTPS',
      allowAllOutbound: false,
    });
    securityGroup.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'AWS');
    securityGroup.addIngressRule(loadBalancer.securityGroup, Port.tcp(API_PORT), 'load balancer');
    loadBalancer.securityGroup.addEgressRule(securityGroup, Port.tcp(API_PORT), 'tasks');
    const service = new FargateService(this, 'service', {
      cluster: new Cluster(this, 'cluster', {
        vpc,
        containerInsightsV2:
          monitoring === 'full' ? ContainerInsights.ENABLED : ContainerInsights.DISABLED,
      }),
      taskDefinition,
      // No desired count: every deployment would set it, whatever load has made of it. Scaling begins with its minimum.
      assignPublicIp: tasksHavePublicIps,
      vpcSubnets: { subnetType: taskSubnets },
      securityGroups: [securityGroup],
      minHealthyPercent: 100,
      maxHealthyPercent: 200,
      circuitBreaker: { rollback: true },
      healthCheckGracePeriod: Duration.seconds(60),
      availabilityZoneRebalancing: AvailabilityZoneRebalancing.ENABLED,
    });
    service.attachToApplicationTargetGroup(loadBalancer.targets);
    // Its first tasks fetch image and secret: they need the way there, and the rights.
    service.node.addDependency(wayOut, taskDefinition.obtainExecutionRole());
    return service;
  }

  private scale({ deployment }: RegionalParts, { targets }: LoadBalancer): void {
    const { min, max, requestsPerMinute } = deployment.tasks;
    const count = this.service.autoScaleTaskCount({ minCapacity: min, maxCapacity: max });
    // Out at once, in slowly: a new task costs cents, a missing one costs answers.
    const cooldowns = {
      scaleOutCooldown: Duration.seconds(30),
      scaleInCooldown: Duration.minutes(5),
    };
    count.scaleOnCpuUtilization('cpu', {
      targetUtilizationPercent: CPU_TARGET_PERCENT,
      ...cooldowns,
    });
    count.scaleOnRequestCount('requests', {
      targetGroup: targets,
      requestsPerTarget: requestsPerMinute,
      ...cooldowns,
    });
  }
}
