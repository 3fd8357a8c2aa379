import type { AppClient, AuthFlow } from './app-client.js';
import { CognitoError, invalidParameter, resourceNotFound } from './cognito-error.js';
import type { Operation } from './operation.js';
import type { NewPasswordChallenge } from './new-password-challenge.js';
import type { PasswordChange } from './password-change.js';
import type { PasswordCheck } from './password-check.js';
import type { PoolStore } from './pool-store.js';
import type { RequestFields } from './request-fields.js';
import { checkSecretHash, isSameSecret } from './secret-hash.js';
import type { SignInStore } from './sign-in-store.js';
import type { UserSessions } from './user-sessions.js';

/** What signing in calls on. */
export interface AuthCollaborators {
  readonly pools: PoolStore;
  readonly signIns: SignInStore;
  readonly passwords: PasswordCheck;
  readonly challenges: NewPasswordChallenge;
  readonly passwordChange: PasswordChange;
  readonly sessions: UserSessions;
}

const LONGEST_USERNAME = 128;

/** The API's operations by which users sign in, stay signed in and sign out. */
export class AuthOperations {
  constructor(private readonly using: AuthCollaborators) {}

  /** Open to anybody who knows a client; the client's secret and the user's password protect them. */
  readonly publicOperations: Readonly<Record<string, Operation>> = {
    InitiateAuth: (fields) => this.initiateAuth(fields, this.client(fields), 'USER_PASSWORD_AUTH'),
    RespondToAuthChallenge: (fields) => this.respondToChallenge(fields, this.client(fields)),
    ChangePassword: async (fields) => {
      const user = await this.using.sessions.userOf(fields.text('AccessToken'));
      const current = fields.text('PreviousPassword');
      await this.using.passwordChange.change(user, current, fields.text('ProposedPassword'));
      return {};
    },
    RevokeToken: (fields) => this.revokeToken(fields),
    GlobalSignOut: async (fields) => {
      this.using.sessions.endAllOf(await this.using.sessions.userOf(fields.text('AccessToken')));
      return {};
    },
    GetUser: async (fields) => {
      const user = await this.using.sessions.userOf(fields.text('AccessToken'));
      const attributes = Object.entries({ sub: user.sub, ...user.attributes });
      return {
        Username: user.username,
        UserAttributes: attributes.map(([Name, Value]) => ({ Name, Value })),
      };
    },
  };

  /** For callers with IAM permissions. */
  readonly iamOperations: Readonly<Record<string, Operation>> = {
    AdminInitiateAuth: (fields) =>
      this.initiateAuth(fields, this.clientOfPool(fields), 'ADMIN_USER_PASSWORD_AUTH'),
    AdminRespondToAuthChallenge: (fields) =>
      this.respondToChallenge(fields, this.clientOfPool(fields)),
  };

  private async initiateAuth(
    fields: RequestFields,
    client: AppClient,
    passwordFlow: 'USER_PASSWORD_AUTH' | 'ADMIN_USER_PASSWORD_AUTH',
  ): Promise<object> {
    const flow = fields.text('AuthFlow');
    if (flow === passwordFlow) {
      requireFlow(client, `ALLOW_${passwordFlow}`);
      return this.signInWithPassword(fields.object('AuthParameters'), client);
    }
    if (flow === 'REFRESH_TOKEN_AUTH' || flow === 'REFRESH_TOKEN') {
      requireFlow(client, 'ALLOW_REFRESH_TOKEN_AUTH');
      return this.refresh(fields.object('AuthParameters'), client);
    }
    throw invalidParameter('Initiate Auth method not supported.');
  }

  private async signInWithPassword(parameters: RequestFields, client: AppClient): Promise<object> {
    const username = usernameIn(parameters);
    const password = parameters.text('PASSWORD');
    checkSecretHash(client, username, parameters.optionalText('SECRET_HASH'));
    const user = await this.using.passwords.findUser(client.poolId, username, password);
    if (user.status === 'FORCE_CHANGE_PASSWORD') return this.using.challenges.open(user, client);
    return {
      AuthenticationResult: await this.using.sessions.start(user, client),
      ChallengeParameters: {},
    };
  }

  private async refresh(parameters: RequestFields, client: AppClient): Promise<object> {
    const refreshToken = parameters.text('REFRESH_TOKEN');
    const { sessions } = this.using;
    const { user, signIn } = sessions.refreshable(refreshToken, client);
    checkSecretHash(client, user.username, parameters.optionalText('SECRET_HASH'));
    return {
      AuthenticationResult: await sessions.issueTokens(user, client, signIn),
      ChallengeParameters: {},
    };
  }

  private async respondToChallenge(fields: RequestFields, client: AppClient): Promise<object> {
    if (fields.text('ChallengeName') !== 'NEW_PASSWORD_REQUIRED') {
      throw invalidParameter('Only the challenge NEW_PASSWORD_REQUIRED is supported.');
    }
    const responses = fields.object('ChallengeResponses');
    const username = usernameIn(responses);
    checkSecretHash(client, username, responses.optionalText('SECRET_HASH'));
    const session = fields.text('Session');
    const newPassword = responses.text('NEW_PASSWORD');
    const user = await this.using.challenges.answer(client, username, session, newPassword);
    return {
      AuthenticationResult: await this.using.sessions.start(user, client),
      ChallengeParameters: {},
    };
  }

  /** An unknown token is answered like a revoked one (RFC 7009, section 2.2). */
  private revokeToken(fields: RequestFields): object {
    const client = this.client(fields);
    checkClientSecret(client, fields.optionalText('ClientSecret'));
    const token = fields.text('Token');
    if (token.includes('.')) {
      throw new CognitoError('UnsupportedTokenTypeException', 'Only refresh tokens can be revoked');
    }
    const signIn = this.using.signIns.findSignInByRefreshToken(token);
    if (signIn === undefined) return {};
    if (signIn.clientId !== client.id) throw unauthorized('The token belongs to another client');
    this.using.signIns.revokeSignIn(signIn.originJti);
    return {};
  }

  private client(fields: RequestFields): AppClient {
    const id = fields.text('ClientId');
    const client = this.using.pools.findClient(id);
    if (client === undefined) throw resourceNotFound(`User pool client ${id} does not exist.`);
    return client;
  }

  private clientOfPool(fields: RequestFields): AppClient {
    const poolId = fields.text('UserPoolId');
    const client = this.client(fields);
    if (this.using.pools.findPool(poolId) === undefined) {
      throw resourceNotFound(`User pool ${poolId} does not exist.`);
    }
    if (client.poolId === poolId) return client;
    throw resourceNotFound(`User pool client ${client.id} does not exist.`);
  }
}

function requireFlow(client: AppClient, flow: AuthFlow): void {
  if (client.authFlows.includes(flow)) return;
  throw invalidParameter(`${flow.replace('ALLOW_', '')} flow not enabled for this client`);
}

function usernameIn(parameters: RequestFields): string {
  const username = parameters.text('USERNAME');
  if (username.length <= LONGEST_USERNAME) return username;
  throw invalidParameter(`USERNAME is longer than ${LONGEST_USERNAME} characters`);
}

function checkClientSecret(client: AppClient, received: string | undefined): void {
  if (client.secret === undefined && received === undefined) return;
  if (client.secret !== undefined && received !== undefined) {
    if (isSameSecret(received, client.secret)) return;
  }
  throw unauthorized('The client secret does not match');
}

function unauthorized(message: string): CognitoError {
  return new CognitoError('UnauthorizedException', message);
}
