import { Aws, CfnOutput, Duration, SecretValue, Stack, type StackProps } from 'aws-cdk-lib';
import {
  AccountRecovery,
  CfnUserPoolClient,
  FeaturePlan,
  Mfa,
  ResourceServerScope,
  UserPool,
  UserPoolGroup,
  type UserPoolResourceServer,
} from 'aws-cdk-lib/aws-cognito';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import {
  GROUPS,
  MACHINE_CLIENT_OAUTH_FLOW,
  PASSWORD_POLICY,
  RESOURCE_SERVER,
  SCOPE_NAMES,
  TOKEN_MINUTES,
  USERNAMES_ARE_CASE_SENSITIVE,
  WEB_CLIENT_AUTH_FLOWS,
} from '../../libs/platform/src/resources/identity.ts';
import type { Deployment, MachineClient } from './deployment.ts';
import { clientSecretName, prefix, webClientName } from './names.ts';
import { removalPolicyOf } from './removal.ts';

/** What the API of every Region must know of the user pool. */
export interface Identity {
  readonly region: string;
  readonly userPoolId: string;
  readonly issuer: string;
  readonly webClientId: string;
  readonly machineClientIds: readonly string[];
}

/** The user pool of all Regions: groups, scopes, and the clients of the API and of machines. */
export class IdentityStack extends Stack {
  readonly identity: Identity;

  constructor(scope: Construct, id: string, deployment: Deployment, props: StackProps) {
    super(scope, id, props);
    const pool = createPool(this, deployment);
    const server = pool.addResourceServer('resource-server', {
      identifier: RESOURCE_SERVER,
      scopes: SCOPE_NAMES.map(
        (scopeName) => new ResourceServerScope({ scopeName, scopeDescription: scopeName }),
      ),
    });
    for (const groupName of GROUPS) {
      new UserPoolGroup(this, `group-${groupName}`, { userPool: pool, groupName });
    }
    const domain = pool.addDomain('domain', {
      cognitoDomain: { domainPrefix: domainPrefix(deployment) },
    });
    const webClient = createWebClient(this, deployment, pool);
    const machines = deployment.machineClients.map((client) =>
      createMachineClient(this, pool, server, client),
    );
    keepClientSecret(this, deployment, webClient);
    this.identity = {
      region: deployment.regions[0],
      userPoolId: pool.userPoolId,
      issuer: pool.userPoolProviderUrl,
      webClientId: webClient.attrClientId,
      machineClientIds: machines.map((client) => client.attrClientId),
    };
    new CfnOutput(this, 'UserPoolId', { value: pool.userPoolId });
    new CfnOutput(this, 'TokenUrl', { value: `${domain.baseUrl()}/oauth2/token` });
    new CfnOutput(this, 'MachineClientIds', { value: this.identity.machineClientIds.join(',') });
  }
}

function createPool(stack: Stack, deployment: Deployment): UserPool {
  return new UserPool(stack, 'user-pool', {
    userPoolName: prefix(deployment.name),
    featurePlan: FeaturePlan.ESSENTIALS,
    selfSignUpEnabled: false,
    signInAliases: { username: true },
    signInCaseSensitive: USERNAMES_ARE_CASE_SENSITIVE,
    mfa: Mfa.OFF,
    accountRecovery: AccountRecovery.NONE,
    passwordPolicy: {
      minLength: PASSWORD_POLICY.minimumLength,
      requireLowercase: PASSWORD_POLICY.requireLowercase,
      requireUppercase: PASSWORD_POLICY.requireUppercase,
      requireDigits: PASSWORD_POLICY.requireNumbers,
      requireSymbols: PASSWORD_POLICY.requireSymbols,
      tempPasswordValidity: Duration.days(3),
    },
    deletionProtection: deployment.isProtected,
    removalPolicy: removalPolicyOf(deployment),
  });
}

/** All accounts share the prefixes of a Region; the account's number makes this one's nobody else's. */
function domainPrefix({ name, authDomainPrefix }: Deployment): string {
  return authDomainPrefix ?? `${prefix(name)}-${Aws.ACCOUNT_ID}`;
}

/**
 * As a plain resource, because the L2 construct knows a client's secret only through a Lambda function. A new
 * generation is another resource with another output, so that every Region's template changes with it; the old
 * client is kept where data is, for tasks that are not replaced yet.
 */
function createWebClient(stack: Stack, deployment: Deployment, pool: UserPool): CfnUserPoolClient {
  const client = new CfnUserPoolClient(stack, webClientName(deployment), {
    userPoolId: pool.userPoolId,
    clientName: 'web',
    generateSecret: true,
    explicitAuthFlows: [...WEB_CLIENT_AUTH_FLOWS],
    supportedIdentityProviders: ['COGNITO'],
    preventUserExistenceErrors: 'ENABLED',
    enableTokenRevocation: true,
    ...validity(TOKEN_MINUTES),
  });
  client.applyRemovalPolicy(removalPolicyOf(deployment));
  return client;
}

function createMachineClient(
  stack: Stack,
  pool: UserPool,
  server: UserPoolResourceServer,
  { name, scopes, tokenMinutes = TOKEN_MINUTES }: MachineClient,
): CfnUserPoolClient {
  const client = new CfnUserPoolClient(stack, `machine-client-${name}`, {
    userPoolId: pool.userPoolId,
    clientName: name,
    generateSecret: true,
    // Without a flow named, Cognito would let people in through it.
    explicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH'],
    allowedOAuthFlowsUserPoolClient: true,
    allowedOAuthFlows: [MACHINE_CLIENT_OAUTH_FLOW],
    allowedOAuthScopes: [...scopes],
    preventUserExistenceErrors: 'ENABLED',
    enableTokenRevocation: true,
    ...validity(tokenMinutes),
  });
  client.node.addDependency(server);
  return client;
}

function validity(accessTokenMinutes: number) {
  return {
    accessTokenValidity: accessTokenMinutes,
    idTokenValidity: TOKEN_MINUTES,
    // Nobody keeps refresh tokens, but Cognito wants theirs to be the longest, and an hour at least.
    refreshTokenValidity: Math.max(TOKEN_MINUTES, accessTokenMinutes),
    tokenValidityUnits: { accessToken: 'minutes', idToken: 'minutes', refreshToken: 'minutes' },
  };
}

/** Cognito's secret goes from resource to resource inside CloudFormation; the template never holds it. */
function keepClientSecret(stack: Stack, deployment: Deployment, client: CfnUserPoolClient): void {
  const secret = new Secret(stack, `${webClientName(deployment)}-secret`, {
    secretName: clientSecretName(deployment),
    secretStringValue: SecretValue.resourceAttribute(client.attrClientSecret),
    replicaRegions: deployment.regions.slice(1).map((region) => ({ region })),
  });
  secret.applyRemovalPolicy(removalPolicyOf(deployment));
}
