import { Aws, CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import {
  CfnReplicationConfiguration,
  Repository,
  TagMutability,
  TagStatus,
} from 'aws-cdk-lib/aws-ecr';
import {
  OidcProviderNative,
  PolicyStatement,
  Role,
  WebIdentityPrincipal,
  type IOidcProvider,
} from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { Delivery } from './deployment.ts';
import { IMAGE_REPOSITORY } from './names.ts';

const GITHUB = 'token.actions.githubusercontent.com';
/** The roles of `cdk bootstrap`, through which a deployment does all that it does. */
const CDK_ROLES = ['deploy', 'file-publishing', 'image-publishing', 'lookup'];
const CDK_QUALIFIER = 'hnb659fds';
const PUSH_ACTIONS = [
  'ecr:BatchCheckLayerAvailability',
  'ecr:BatchGetImage',
  'ecr:CompleteLayerUpload',
  'ecr:DescribeImageReplicationStatus',
  'ecr:DescribeImages',
  'ecr:GetDownloadUrlForLayer',
  'ecr:InitiateLayerUpload',
  'ecr:PutImage',
  'ecr:UploadLayerPart',
];
const KEPT_IMAGES = 50;

/** Once for an account: where images lie, and what GitHub may do. No key that could leak, only OIDC. */
export class DeliveryStack extends Stack {
  constructor(scope: Construct, id: string, delivery: Delivery, props: StackProps) {
    super(scope, id, props);
    const repository = new Repository(this, 'images', {
      repositoryName: IMAGE_REPOSITORY,
      imageTagMutability: TagMutability.IMMUTABLE,
      imageScanOnPush: true,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      lifecycleRules: [
        { description: 'The newest images', maxImageCount: KEPT_IMAGES, rulePriority: 2 },
        {
          description: 'What no tag names',
          tagStatus: TagStatus.UNTAGGED,
          maxImageAge: Duration.days(30),
          rulePriority: 1,
        },
      ],
    });
    this.replicate(delivery.replicaRegions);
    const provider = this.githubProvider(delivery);
    for (const environment of delivery.environments) {
      const role = this.createRole(environment, delivery, provider);
      if (environment === delivery.environments[0]) allowPush(role, repository);
      new CfnOutput(this, `DeployRole${environment}`, { value: role.roleArn });
    }
    new CfnOutput(this, 'ImageRepository', { value: repository.repositoryUri });
  }

  private githubProvider({ hasGithubProvider }: Delivery): IOidcProvider {
    if (hasGithubProvider === true) {
      const arn = `arn:aws:iam::${Aws.ACCOUNT_ID}:oidc-provider/${GITHUB}`;
      return OidcProviderNative.fromOidcProviderArn(this, 'github', arn);
    }
    return new OidcProviderNative(this, 'github', {
      url: `https://${GITHUB}`,
      clientIds: ['sts.amazonaws.com'],
    });
  }

  private replicate(regions: readonly string[]): void {
    if (regions.length === 0) return;
    new CfnReplicationConfiguration(this, 'image-replication', {
      replicationConfiguration: {
        rules: [
          {
            destinations: regions.map((region) => ({ region, registryId: Aws.ACCOUNT_ID })),
            repositoryFilters: [{ filter: IMAGE_REPOSITORY, filterType: 'PREFIX_MATCH' }],
          },
        ],
      },
    });
  }

  private createRole(
    environment: string,
    { region, replicaRegions, githubRepository }: Delivery,
    provider: IOidcProvider,
  ): Role {
    const regions = [region, ...replicaRegions];
    const role = new Role(this, `deploy-${environment}`, {
      roleName: `sensorflow-deploy-${environment}`,
      maxSessionDuration: Duration.hours(1),
      assumedBy: new WebIdentityPrincipal(provider.oidcProviderArn, {
        StringEquals: {
          [`${GITHUB}:aud`]: 'sts.amazonaws.com',
          [`${GITHUB}:sub`]: `repo:${githubRepository}:environment:${environment}`,
        },
      }),
    });
    role.addToPolicy(
      new PolicyStatement({
        actions: ['sts:AssumeRole'],
        resources: regions.flatMap((where) => CDK_ROLES.map((name) => cdkRoleArn(name, where))),
      }),
    );
    return role;
  }
}

/** The first environment's jobs build the image; all others deploy what it pushed. */
function allowPush(role: Role, repository: Repository): void {
  const { repositoryArn } = repository;
  role.addToPolicy(
    new PolicyStatement({ actions: ['ecr:GetAuthorizationToken'], resources: ['*'] }),
  );
  role.addToPolicy(new PolicyStatement({ actions: PUSH_ACTIONS, resources: [repositoryArn] }));
}

function cdkRoleArn(name: string, region: string): string {
  const account = Aws.ACCOUNT_ID;
  return `arn:aws:iam::${account}:role/cdk-${CDK_QUALIFIER}-${name}-role-${account}-${region}`;
}
