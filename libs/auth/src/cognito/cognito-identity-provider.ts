import {
  ChangePasswordCommand,
  GetUserCommand,
  InitiateAuthCommand,
  RespondToAuthChallengeCommand,
  type CognitoIdentityProviderClient,
  type InitiateAuthCommandOutput,
} from '@aws-sdk/client-cognito-identity-provider';
import { createHmac } from 'node:crypto';
import type { Credentials } from '../basic-credentials.js';
import {
  IdentityProvider,
  type NewPasswordDemand,
  type SignInOutcome,
} from '../identity-provider.js';
import { invalidCredentials, nameOf, passwordFailure, signInFailure } from './cognito-failure.js';

/** In all: waiting for a connection, and a second attempt. */
const SIGN_IN_TIMEOUT_MS = 6000;
const TOKEN_CHECK_TIMEOUT_MS = 2000;
/** What Cognito takes as a name; it answers anything else with an error about the request's form. */
const USERNAME = /^[\p{L}\p{M}\p{S}\p{N}\p{P}]{1,128}$/u;
const MAX_PASSWORD_CHARACTERS = 256;

const MFA_CHALLENGES: ReadonlySet<string> = new Set([
  'SMS_MFA',
  'EMAIL_OTP',
  'SMS_OTP',
  'SOFTWARE_TOKEN_MFA',
  'SELECT_MFA_TYPE',
  'MFA_SETUP',
]);

/** A disabled or deleted user, a revoked token, or one without the scope that Cognito's own logins give. */
const TOKEN_NOT_ACCEPTED: ReadonlySet<string> = new Set([
  'NotAuthorizedException',
  'UserNotFoundException',
  'UserNotConfirmedException',
  'PasswordResetRequiredException',
]);

export interface CognitoClients {
  /** Of logins and passwords, which anybody can send. */
  readonly logins: CognitoIdentityProviderClient;
  /** Of tokens whose signature is right. Its own connections: logins, however many, do not delay them. */
  readonly tokenChecks: CognitoIdentityProviderClient;
  /** Of people by administrators. Signs in the pool's own Region. */
  readonly administration: CognitoIdentityProviderClient;
}

/** People's names and passwords in a Cognito user pool. None of Cognito's words leaves this class. */
export class CognitoIdentityProvider extends IdentityProvider {
  constructor(
    private readonly clients: CognitoClients,
    private readonly clientId: string,
    private readonly clientSecret: string,
  ) {
    super();
  }

  async signIn({ username, password }: Credentials): Promise<SignInOutcome> {
    if (!USERNAME.test(username) || password === '' || password.length > MAX_PASSWORD_CHARACTERS) {
      throw invalidCredentials();
    }
    const command = new InitiateAuthCommand({
      AuthFlow: 'USER_PASSWORD_AUTH',
      ClientId: this.clientId,
      AuthParameters: {
        USERNAME: username,
        PASSWORD: password,
        SECRET_HASH: this.secretHash(username),
      },
    });
    try {
      return outcomeOf(await this.clients.logins.send(command, inTime()), username);
    } catch (error) {
      return outcomeOfFailure(error);
    }
  }

  async answerDemand(demand: NewPasswordDemand, newPassword: string): Promise<SignInOutcome> {
    const { username, session } = demand;
    const command = new RespondToAuthChallengeCommand({
      ChallengeName: 'NEW_PASSWORD_REQUIRED',
      ClientId: this.clientId,
      Session: session,
      ChallengeResponses: {
        USERNAME: username,
        NEW_PASSWORD: newPassword,
        SECRET_HASH: this.secretHash(username),
      },
    });
    try {
      return outcomeOf(await this.clients.logins.send(command, inTime()), username);
    } catch (error) {
      throw passwordFailure(error);
    }
  }

  async changePassword(
    accessToken: string,
    currentPassword: string,
    newPassword: string,
  ): Promise<void> {
    const command = new ChangePasswordCommand({
      AccessToken: accessToken,
      PreviousPassword: currentPassword,
      ProposedPassword: newPassword,
    });
    await this.clients.logins.send(command, inTime()).catch((error: unknown) => {
      throw passwordFailure(error);
    });
  }

  /** GetUser, which Cognito refuses to revoked tokens and, since that revokes theirs, to disabled users. */
  async acceptsToken(accessToken: string): Promise<boolean> {
    try {
      await this.clients.tokenChecks.send(new GetUserCommand({ AccessToken: accessToken }), {
        abortSignal: AbortSignal.timeout(TOKEN_CHECK_TIMEOUT_MS),
      });
      return true;
    } catch (error) {
      if (TOKEN_NOT_ACCEPTED.has(nameOf(error))) return false;
      throw error;
    }
  }

  private secretHash(username: string): string {
    return createHmac('sha256', this.clientSecret)
      .update(username + this.clientId)
      .digest('base64');
  }
}

function inTime(): { readonly abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.timeout(SIGN_IN_TIMEOUT_MS) };
}

type AuthOutput = Pick<
  InitiateAuthCommandOutput,
  'AuthenticationResult' | 'ChallengeName' | 'ChallengeParameters' | 'Session'
>;

function outcomeOf(output: AuthOutput, username: string): SignInOutcome {
  const { AuthenticationResult: result, ChallengeName: name, Session: session } = output;
  if (result?.AccessToken !== undefined) {
    return { kind: 'signed-in', accessToken: result.AccessToken };
  }
  if (name === 'NEW_PASSWORD_REQUIRED' && session !== undefined) {
    // As the pool writes the name, which a challenge must repeat.
    const known = output.ChallengeParameters?.['USER_ID_FOR_SRP'] ?? username;
    return { kind: 'new-password-demanded', demand: { username: known, session } };
  }
  if (name !== undefined && MFA_CHALLENGES.has(name)) {
    return { kind: 'challenged', challenge: 'mfa-required' };
  }
  throw new Error('sign-in ended with neither a token nor a known challenge');
}

function outcomeOfFailure(error: unknown): SignInOutcome {
  if (nameOf(error) !== 'PasswordResetRequiredException') throw signInFailure(error);
  return { kind: 'challenged', challenge: 'password-reset-required' };
}
