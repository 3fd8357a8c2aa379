import { randomBytes, randomUUID } from 'node:crypto';
import type { Clock } from '@sensorflow/kernel';
import type { AppClient } from './app-client.js';
import { notAuthorized } from './cognito-error.js';
import type { PoolUser } from './pool-user.js';
import type { SignIn, SignInStore } from './sign-in-store.js';
import { accessTokenClaims, idTokenClaims } from './token-claims.js';
import type { TokenSigner } from './token-signer.js';
import type { UserStore } from './user-store.js';

/** As the API spells it. A refresh answers without a new refresh token, as without token rotation. */
export interface AuthenticationResult {
  readonly AccessToken: string;
  readonly IdToken: string;
  readonly RefreshToken?: string;
  readonly ExpiresIn: number;
  readonly TokenType: 'Bearer';
}

/** Cognito's default for RefreshTokenValidity. */
const REFRESH_TOKEN_VALIDITY_MS = 30 * 24 * 3600 * 1000;

/** Starts, refreshes and ends users' sessions. Passwords are checked before. */
export class UserSessions {
  constructor(
    private readonly users: UserStore,
    private readonly signIns: SignInStore,
    private readonly signer: TokenSigner,
    private readonly clock: Clock,
  ) {}

  async start(user: PoolUser, client: AppClient): Promise<AuthenticationResult> {
    const refreshToken = randomBytes(48).toString('base64url');
    const now = this.clock.nowEpochMs();
    const signIn = {
      originJti: randomUUID(),
      clientId: client.id,
      sub: user.sub,
      signedInAtEpochMs: now,
      expiresAtEpochMs: now + REFRESH_TOKEN_VALIDITY_MS,
      revoked: false,
    };
    this.signIns.insertSignIn(signIn, refreshToken);
    return { ...(await this.issueTokens(user, client, signIn)), RefreshToken: refreshToken };
  }

  /** The user and sign-in behind a refresh token that lives and belongs to this client. */
  refreshable(refreshToken: string, client: AppClient): { user: PoolUser; signIn: SignIn } {
    const signIn = this.signIns.findSignInByRefreshToken(refreshToken);
    if (signIn === undefined || signIn.clientId !== client.id) {
      throw notAuthorized('Invalid Refresh Token');
    }
    if (signIn.revoked) throw notAuthorized('Refresh Token has been revoked');
    if (this.isOver(signIn)) throw notAuthorized('Refresh Token has expired');
    return { user: this.enabledUser(signIn.sub, 'Invalid Refresh Token'), signIn };
  }

  async issueTokens(
    user: PoolUser,
    client: AppClient,
    signIn: SignIn,
  ): Promise<AuthenticationResult> {
    const grant = {
      user,
      groups: this.users.groupsOf(user.sub),
      client,
      originJti: signIn.originJti,
      eventId: randomUUID(),
      signedInAtEpochMs: signIn.signedInAtEpochMs,
      nowEpochMs: this.clock.nowEpochMs(),
    };
    return {
      AccessToken: await this.signer.sign(client.poolId, accessTokenClaims(grant)),
      IdToken: await this.signer.sign(client.poolId, idTokenClaims(grant)),
      ExpiresIn: client.accessTokenValiditySeconds,
      TokenType: 'Bearer',
    };
  }

  /** The user of an access token whose session has not ended; else NotAuthorizedException. */
  async userOf(unverifiedAccessToken: string): Promise<PoolUser> {
    const claims = await this.signer.verifyAccessToken(unverifiedAccessToken);
    const signIn = this.signIns.findSignIn(String(claims['origin_jti']));
    if (signIn === undefined || signIn.sub !== claims.sub || signIn.revoked) {
      throw notAuthorized('Access Token has been revoked');
    }
    return this.enabledUser(signIn.sub, 'Invalid Access Token');
  }

  endAllOf(user: PoolUser): void {
    this.signIns.revokeSignInsOf(user.sub);
  }

  private enabledUser(sub: string, refusal: string): PoolUser {
    const user = this.users.findBySub(sub);
    if (user === undefined) throw notAuthorized(refusal);
    if (!user.enabled) throw notAuthorized('User is disabled.');
    return user;
  }

  private isOver(signIn: SignIn): boolean {
    return this.clock.nowEpochMs() >= signIn.expiresAtEpochMs;
  }
}
