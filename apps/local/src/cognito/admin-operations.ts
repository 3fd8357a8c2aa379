import {
  PASSWORD_POLICY,
  type PasswordPolicy,
  USERNAMES_ARE_CASE_SENSITIVE,
} from '@sensorflow/platform/resources/identity.js';
import {
  type AppClient,
  type AuthFlow,
  isAuthFlow,
  isOAuthFlow,
  type OAuthFlow,
} from './app-client.js';
import { invalidParameter } from './cognito-error.js';
import type { Operation } from './operation.js';
import type { PoolAdministration } from './pool-administration.js';
import type { PoolUser } from './pool-user.js';
import { randomAlphanumeric } from './random-text.js';
import type { RequestFields } from './request-fields.js';
import { accessTokenValiditySeconds } from './token-validity.js';
import type { UserAdministration } from './user-administration.js';

/** The API's operations that administer pools and users; in AWS they need IAM permissions. */
export class AdminOperations {
  constructor(
    private readonly pools: PoolAdministration,
    private readonly users: UserAdministration,
  ) {}

  readonly iamOperations: Readonly<Record<string, Operation>> = {
    DescribeUserPool: (fields) => this.describeUserPool(fields),
    CreateGroup: (fields) => this.createGroup(fields),
    CreateResourceServer: (fields) => this.createResourceServer(fields),
    CreateUserPoolClient: (fields) => this.createUserPoolClient(fields),
    DescribeUserPoolClient: (fields) => {
      const client = this.pools.client(fields.text('UserPoolId'), fields.text('ClientId'));
      return { UserPoolClient: showClient(client) };
    },
    AdminCreateUser: (fields) => this.createUser(fields),
    AdminGetUser: (fields) => this.getUser(fields),
    AdminSetUserPassword: (fields) => this.setUserPassword(fields),
    AdminAddUserToGroup: (fields) => {
      const group = fields.text('GroupName');
      this.users.addToGroup(fields.text('UserPoolId'), fields.text('Username'), group);
      return {};
    },
    AdminRemoveUserFromGroup: (fields) => {
      const group = fields.text('GroupName');
      this.users.removeFromGroup(fields.text('UserPoolId'), fields.text('Username'), group);
      return {};
    },
    AdminListGroupsForUser: (fields) => this.listGroupsForUser(fields),
    ListUsers: (fields) => this.listUsers(fields),
    ListUsersInGroup: (fields) => this.listUsersInGroup(fields),
    AdminEnableUser: (fields) => this.setEnabled(fields, true),
    AdminDisableUser: (fields) => this.setEnabled(fields, false),
    AdminUserGlobalSignOut: (fields) => {
      this.users.signOut(fields.text('UserPoolId'), fields.text('Username'));
      return {};
    },
  };

  private describeUserPool(fields: RequestFields): object {
    const pool = this.pools.pool(fields.text('UserPoolId'));
    return {
      UserPool: {
        Id: pool.id,
        Name: pool.name,
        CreationDate: pool.createdAtEpochMs / 1000,
        LastModifiedDate: pool.createdAtEpochMs / 1000,
        Policies: { PasswordPolicy: showPasswordPolicy(PASSWORD_POLICY) },
        MfaConfiguration: 'OFF',
        UsernameConfiguration: { CaseSensitive: USERNAMES_ARE_CASE_SENSITIVE },
        AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
      },
    };
  }

  private createGroup(fields: RequestFields): object {
    const UserPoolId = fields.text('UserPoolId');
    const GroupName = fields.text('GroupName');
    this.pools.createGroup(UserPoolId, GroupName);
    return { Group: { GroupName, UserPoolId } };
  }

  private createResourceServer(fields: RequestFields): object {
    const UserPoolId = fields.text('UserPoolId');
    const Identifier = fields.text('Identifier');
    const Name = fields.text('Name');
    const Scopes = fields.objects('Scopes').map((scope) => ({
      ScopeName: scope.text('ScopeName'),
      ScopeDescription: scope.text('ScopeDescription'),
    }));
    const scopeNames = Scopes.map((scope) => scope.ScopeName);
    this.pools.createResourceServer(UserPoolId, Identifier, scopeNames);
    return { ResourceServer: { UserPoolId, Identifier, Name, Scopes } };
  }

  private createUserPoolClient(fields: RequestFields): object {
    const authFlows = authFlowsIn(fields);
    const client = this.pools.createClient(fields.text('UserPoolId'), {
      name: fields.text('ClientName'),
      generateSecret: fields.flag('GenerateSecret'),
      ...(authFlows === undefined ? {} : { authFlows }),
      ...oauthSettingsIn(fields),
      accessTokenValiditySeconds: accessTokenValiditySeconds(fields),
    });
    return { UserPoolClient: showClient(client) };
  }

  private async createUser(fields: RequestFields): Promise<object> {
    const user = await this.users.createUser(fields.text('UserPoolId'), {
      username: fields.text('Username'),
      // Cognito would send a generated one by mail; here nobody learns it, and an admin sets another.
      password: fields.optionalText('TemporaryPassword') ?? `${randomAlphanumeric(20)}-Aa1`,
      permanent: false,
      attributes: attributesIn(fields),
    });
    return { User: showListedUser(user) };
  }

  private getUser(fields: RequestFields): object {
    const user = this.users.user(fields.text('UserPoolId'), fields.text('Username'));
    return { ...showUser(user), UserAttributes: showAttributes(user) };
  }

  private async setUserPassword(fields: RequestFields): Promise<object> {
    const poolId = fields.text('UserPoolId');
    const username = fields.text('Username');
    const password = fields.text('Password');
    await this.users.setPassword(poolId, username, password, fields.flag('Permanent'));
    return {};
  }

  private listGroupsForUser(fields: RequestFields): object {
    const UserPoolId = fields.text('UserPoolId');
    const groups = this.users.groupsOf(UserPoolId, fields.text('Username'));
    return { Groups: groups.map((GroupName) => ({ GroupName, UserPoolId })) };
  }

  private listUsers(fields: RequestFields): object {
    if (fields.optionalText('Filter') !== undefined) throw invalidParameter('Filter is not known.');
    const request = { limit: pageLimitIn(fields), token: fields.optionalText('PaginationToken') };
    const { users, next } = this.users.page(fields.text('UserPoolId'), undefined, request);
    return { Users: users.map(showListedUser), PaginationToken: next };
  }

  private listUsersInGroup(fields: RequestFields): object {
    const request = { limit: pageLimitIn(fields), token: fields.optionalText('NextToken') };
    const group = fields.text('GroupName');
    const { users, next } = this.users.page(fields.text('UserPoolId'), group, request);
    return { Users: users.map(showListedUser), NextToken: next };
  }

  private setEnabled(fields: RequestFields, enabled: boolean): object {
    this.users.setEnabled(fields.text('UserPoolId'), fields.text('Username'), enabled);
    return {};
  }
}

function authFlowsIn(fields: RequestFields): readonly AuthFlow[] | undefined {
  return fields.optionalTexts('ExplicitAuthFlows')?.map((flow) => {
    if (isAuthFlow(flow)) return flow;
    throw invalidParameter(`ExplicitAuthFlows does not know ${flow}`);
  });
}

function oauthSettingsIn(fields: RequestFields): {
  readonly oauthFlows: readonly OAuthFlow[];
  readonly allowedScopes: readonly string[];
} {
  const flows = fields.optionalTexts('AllowedOAuthFlows') ?? [];
  const allowedScopes = fields.optionalTexts('AllowedOAuthScopes') ?? [];
  const oauthFlows = flows.map((flow) => {
    if (isOAuthFlow(flow)) return flow;
    throw invalidParameter(`AllowedOAuthFlows does not know ${flow}`);
  });
  const wantsOAuth = fields.flag('AllowedOAuthFlowsUserPoolClient');
  const isComplete = oauthFlows.length > 0 && allowedScopes.length > 0;
  if (wantsOAuth !== isComplete) {
    throw invalidParameter(
      'AllowedOAuthFlowsUserPoolClient, AllowedOAuthFlows and AllowedOAuthScopes go together.',
    );
  }
  return { oauthFlows, allowedScopes };
}

function attributesIn(fields: RequestFields): Readonly<Record<string, string>> {
  const pairs = fields.objects('UserAttributes').map((attribute): [string, string] => {
    const name = attribute.text('Name');
    if (/^(email|email_verified|name|given_name|family_name|custom:\w{1,20})$/.test(name)) {
      return [name, attribute.optionalText('Value') ?? ''];
    }
    throw invalidParameter(`Attribute ${name} is not supported.`);
  });
  return Object.fromEntries(pairs);
}

function showPasswordPolicy(policy: PasswordPolicy): object {
  return {
    MinimumLength: policy.minimumLength,
    RequireLowercase: policy.requireLowercase,
    RequireUppercase: policy.requireUppercase,
    RequireNumbers: policy.requireNumbers,
    RequireSymbols: policy.requireSymbols,
  };
}

function showUser(user: PoolUser): object {
  return {
    Username: user.username,
    Enabled: user.enabled,
    UserStatus: user.status,
    UserCreateDate: user.createdAtEpochMs / 1000,
    UserLastModifiedDate: user.modifiedAtEpochMs / 1000,
  };
}

const MAX_USERS_PER_PAGE = 60;

function pageLimitIn(fields: RequestFields): number {
  const limit = fields.optionalInteger('Limit') ?? MAX_USERS_PER_PAGE;
  if (limit >= 1 && limit <= MAX_USERS_PER_PAGE) return limit;
  throw invalidParameter(`Limit must be from 1 to ${MAX_USERS_PER_PAGE}`);
}

function showListedUser(user: PoolUser): object {
  return { ...showUser(user), Attributes: showAttributes(user) };
}

function showAttributes(user: PoolUser): readonly { Name: string; Value: string }[] {
  const attributes = Object.entries({ ...user.attributes, sub: user.sub });
  return attributes.map(([Name, Value]) => ({ Name, Value }));
}

function showClient(client: AppClient): object {
  return {
    UserPoolId: client.poolId,
    ClientId: client.id,
    ClientName: client.name,
    ClientSecret: client.secret,
    ExplicitAuthFlows: client.authFlows,
    AllowedOAuthFlows: client.oauthFlows,
    AllowedOAuthScopes: client.allowedScopes,
    AllowedOAuthFlowsUserPoolClient: client.oauthFlows.length > 0,
    AccessTokenValidity: client.accessTokenValiditySeconds,
    TokenValidityUnits: { AccessToken: 'seconds' },
    PreventUserExistenceErrors: 'ENABLED',
    EnableTokenRevocation: true,
    CreationDate: client.createdAtEpochMs / 1000,
    LastModifiedDate: client.createdAtEpochMs / 1000,
  };
}
