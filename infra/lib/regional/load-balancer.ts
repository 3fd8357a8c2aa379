import { Duration, type Stack } from 'aws-cdk-lib';
import { Certificate, CertificateValidation } from 'aws-cdk-lib/aws-certificatemanager';
import { Peer, Port, SecurityGroup, SubnetType } from 'aws-cdk-lib/aws-ec2';
import {
  ApplicationLoadBalancer,
  ApplicationProtocol,
  ApplicationTargetGroup,
  DesyncMitigationMode,
  ListenerAction,
  SslPolicy,
  TargetGroupLoadBalancingAlgorithmType,
  TargetType,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import {
  ARecord,
  HealthCheck,
  HealthCheckType,
  HostedZone,
  RecordTarget,
} from 'aws-cdk-lib/aws-route53';
import { LoadBalancerTarget } from 'aws-cdk-lib/aws-route53-targets';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Deployment } from '../deployment.ts';
import type { Network } from './network.ts';
import { API_PORT } from './variables.ts';

/**
 * Against HTTP_TIMING of the server: idle connections end here first, and a target that leaves has as long
 * as its longest request may take. Who sends once a minute keeps its connection: a new one for each reading
 * costs as much as storing it (infra/cost).
 */
const IDLE_SECONDS = 70;
const DEREGISTRATION_SECONDS = 30;

/** HTTPS at the environment's name, answered by the healthy Region that is nearest to the caller. */
export class LoadBalancer extends Construct {
  readonly balancer: ApplicationLoadBalancer;
  readonly targets: ApplicationTargetGroup;
  readonly securityGroup: SecurityGroup;

  constructor(stack: Stack, deployment: Deployment, network: Network, logs: Bucket) {
    super(stack, 'load-balancer');
    const { vpc } = network;
    this.securityGroup = new SecurityGroup(this, 'security-group', {
      vpc,
      description: 'Load balancer, open to the internet on HTTP (redirected) and HTTPS',
      allowAllOutbound: false,
    });
    this.balancer = new ApplicationLoadBalancer(this, 'balancer', {
      vpc,
      internetFacing: true,
      vpcSubnets: { subnetType: SubnetType.PUBLIC },
      securityGroup: this.securityGroup,
      idleTimeout: Duration.seconds(IDLE_SECONDS),
      dropInvalidHeaderFields: true,
      desyncMitigationMode: DesyncMitigationMode.DEFENSIVE,
      deletionProtection: deployment.isProtected,
    });
    this.balancer.logAccessLogs(logs, 'load-balancer');
    this.targets = this.createTargets(network);
    this.listen(deployment);
    this.publish(stack, deployment);
  }

  private createTargets({ vpc }: Network): ApplicationTargetGroup {
    return new ApplicationTargetGroup(this, 'targets', {
      vpc,
      targetType: TargetType.IP,
      protocol: ApplicationProtocol.HTTP,
      port: API_PORT,
      deregistrationDelay: Duration.seconds(DEREGISTRATION_SECONDS),
      loadBalancingAlgorithmType: TargetGroupLoadBalancingAlgorithmType.LEAST_OUTSTANDING_REQUESTS,
      // A task that fails is replaced, which cures a dead process and no dependency. The API listens only
      // once it is ready, so that a task which has just started gets no request too early.
      healthCheck: {
        path: '/health/live',
        healthyHttpCodes: '200',
        interval: Duration.seconds(10),
        timeout: Duration.seconds(5),
        healthyThresholdCount: 2,
        unhealthyThresholdCount: 3,
      },
    });
  }

  private listen({ domainName, hostedZone }: Deployment): void {
    const zone = HostedZone.fromHostedZoneAttributes(this, 'certificate-zone', {
      hostedZoneId: hostedZone.id,
      zoneName: hostedZone.name,
    });
    const certificate = new Certificate(this, 'certificate', {
      domainName,
      validation: CertificateValidation.fromDns(zone),
    });
    this.balancer.addListener('https', {
      protocol: ApplicationProtocol.HTTPS,
      certificates: [certificate],
      sslPolicy: SslPolicy.TLS13_12_RES_PQ,
      open: false,
      defaultTargetGroups: [this.targets],
    });
    this.balancer.addListener('http', {
      protocol: ApplicationProtocol.HTTP,
      open: false,
      defaultAction: ListenerAction.redirect({ protocol: 'HTTPS', port: '443', permanent: true }),
    });
    for (const port of [80, 443]) {
      this.securityGroup.addIngressRule(Peer.anyIpv4(), Port.tcp(port), 'anybody');
    }
  }

  private publish(stack: Stack, { domainName, hostedZone, regions }: Deployment): void {
    const zone = HostedZone.fromHostedZoneAttributes(this, 'zone', {
      hostedZoneId: hostedZone.id,
      zoneName: hostedZone.name,
    });
    new ARecord(this, 'record', {
      zone,
      recordName: `${domainName}.`,
      region: stack.region,
      setIdentifier: stack.region,
      target: RecordTarget.fromAlias(
        new LoadBalancerTarget(this.balancer, { evaluateTargetHealth: true }),
      ),
      ...(regions.length > 1 && { healthCheck: this.watchReadiness() }),
    });
  }

  /** Live tasks without their store cannot serve callers: after 90 s, callers are sent to another Region. */
  private watchReadiness(): HealthCheck {
    return new HealthCheck(this, 'readiness', {
      type: HealthCheckType.HTTPS,
      fqdn: this.balancer.loadBalancerDnsName,
      enableSNI: true,
      resourcePath: '/health/ready',
      requestInterval: Duration.seconds(30),
      failureThreshold: 3,
    });
  }
}
