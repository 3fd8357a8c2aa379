import { Stack } from 'aws-cdk-lib';
import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpointAwsService,
  IpAddresses,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
  type GatewayVpcEndpoint,
  type InterfaceVpcEndpoint,
  type SubnetConfiguration,
} from 'aws-cdk-lib/aws-ec2';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct, DependencyGroup, type IDependable } from 'constructs';
import type { Deployment } from '../deployment.ts';

type NetworkKind = Deployment['network'];

const CIDR = '10.20.0.0/16';
const AVAILABILITY_ZONES = 3;

const TASK_SUBNETS: Readonly<Record<NetworkKind, SubnetType>> = {
  'public-ip': SubnetType.PUBLIC,
  nat: SubnetType.PRIVATE_WITH_EGRESS,
  endpoints: SubnetType.PRIVATE_ISOLATED,
};

const GATEWAY_ENDPOINTS = {
  dynamodb: GatewayVpcEndpointAwsService.DYNAMODB,
  s3: GatewayVpcEndpointAwsService.S3,
} as const;

/** What tasks call besides DynamoDB and S3: image, logs, the client's secret, logins and keys, queues, live readings. */
const INTERFACE_ENDPOINTS = {
  'ecr-api': InterfaceVpcEndpointAwsService.ECR,
  'ecr-dkr': InterfaceVpcEndpointAwsService.ECR_DOCKER,
  logs: InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
  secrets: InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
  cognito: InterfaceVpcEndpointAwsService.COGNITO_IDP,
  sns: InterfaceVpcEndpointAwsService.SNS,
  sqs: InterfaceVpcEndpointAwsService.SQS,
} as const;

/** Two or three zones; DynamoDB and S3 through free gateway endpoints, the rest as the environment says. */
export class Network extends Construct {
  readonly vpc: Vpc;
  readonly taskSubnets: SubnetType;
  readonly tasksHavePublicIps: boolean;
  /** What there must be before a task can reach AWS. */
  readonly wayOut: IDependable;

  constructor(scope: Construct, id: string, deployment: Deployment, logs: Bucket) {
    super(scope, id);
    const { network: kind, availabilityZones = AVAILABILITY_ZONES } = deployment;
    this.taskSubnets = TASK_SUBNETS[kind];
    this.tasksHavePublicIps = kind === 'public-ip';
    this.vpc = new Vpc(this, 'vpc', {
      ipAddresses: IpAddresses.cidr(CIDR),
      availabilityZones: Stack.of(this).availabilityZones.slice(0, availabilityZones),
      natGateways: kind === 'nat' ? availabilityZones : 0,
      subnetConfiguration: subnets(this.taskSubnets),
      restrictDefaultSecurityGroup: false,
      // What was accepted is in the load balancer's log; a flow for each connection would cost more than it tells.
      flowLogs: {
        rejected: {
          destination: FlowLogDestination.toS3(logs, 'flow-logs'),
          trafficType: FlowLogTrafficType.REJECT,
        },
      },
    });
    const { internetConnectivityEstablished } = this.vpc.selectSubnets({
      subnetType: this.taskSubnets,
    });
    this.wayOut = new DependencyGroup(
      internetConnectivityEstablished,
      ...this.addGatewayEndpoints(),
      ...(kind === 'endpoints' ? this.addInterfaceEndpoints() : []),
    );
  }

  private addGatewayEndpoints(): readonly GatewayVpcEndpoint[] {
    return Object.entries(GATEWAY_ENDPOINTS).map(([name, service]) =>
      this.vpc.addGatewayEndpoint(name, { service }),
    );
  }

  private addInterfaceEndpoints(): readonly InterfaceVpcEndpoint[] {
    const securityGroup = new SecurityGroup(this, 'endpoints', {
      vpc: this.vpc,
      description: 'Interface endpoints, for the VPC alone',
      allowAllOutbound: false,
    });
    // The block as text: cdk-nag cannot judge an intrinsic.
    securityGroup.addIngressRule(Peer.ipv4(CIDR), Port.tcp(443), 'HTTPS from the VPC');
    return Object.entries(INTERFACE_ENDPOINTS).map(([name, service]) =>
      this.vpc.addInterfaceEndpoint(name, {
        service,
        subnets: { subnetType: this.taskSubnets },
        securityGroups: [securityGroup],
        open: false,
      }),
    );
  }
}

function subnets(taskSubnets: SubnetType): SubnetConfiguration[] {
  const forBalancer = { name: 'public', subnetType: SubnetType.PUBLIC, cidrMask: 22 };
  if (taskSubnets === SubnetType.PUBLIC) return [forBalancer];
  return [forBalancer, { name: 'tasks', subnetType: taskSubnets, cidrMask: 20 }];
}
