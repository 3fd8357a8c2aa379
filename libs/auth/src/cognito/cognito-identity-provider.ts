import {
  GlobalSignOutCommand,
  InitiateAuthCommand,
  type CognitoIdentityProviderClient,
  type InitiateAuthCommandOutput,
} from '@aws-sdk/client-cognito-identity-provider';
import { DomainError } from '@sensorflow/kernel';
import { createHmac } from 'node:crypto';
import type { Credentials } from '../basic-credentials.js';
import {
  IdentityProvider,
  type SignInChallenge,
  type SignInOutcome,
} from '../identity-provider.js';

const SIGN_OUT_TIMEOUT_MS = 2000;
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

const WRONG_CREDENTIALS: ReadonlySet<string> = new Set([
  'NotAuthorizedException',
  'UserNotFoundException',
  'UserNotConfirmedException',
]);

const BUSY: ReadonlySet<string> = new Set([
  'TooManyRequestsException',
  'LimitExceededException',
  'ThrottlingException',
]);

/** People's names and passwords in a Cognito user pool. None of Cognito's words leaves this class. */
export class CognitoIdentityProvider extends IdentityProvider {
  constructor(
    private readonly client: CognitoIdentityProviderClient,
    private readonly clientId: string,
    private readonly clientSecret: string,
  ) {
    super();
  }

  async signIn(credentials: Credentials): Promise<SignInOutcome> {
    const { username, password } = credentials;
    if (!USERNAME.test(username) || password === '' || password.length > MAX_PASSWORD_CHARACTERS) {
      throw invalidCredentials();
    }
    try {
      return outcomeOf(await this.initiateAuth(credentials));
    } catch (error) {
      return outcomeOfFailure(error);
    }
  }

  /** GlobalSignOut, because RevokeToken wants the refresh token, which is not kept. */
  async endSession(accessToken: string): Promise<void> {
    await this.client.send(new GlobalSignOutCommand({ AccessToken: accessToken }), {
      abortSignal: AbortSignal.timeout(SIGN_OUT_TIMEOUT_MS),
    });
  }

  private initiateAuth({ username, password }: Credentials): Promise<InitiateAuthCommandOutput> {
    return this.client.send(
      new InitiateAuthCommand({
        AuthFlow: 'USER_PASSWORD_AUTH',
        ClientId: this.clientId,
        AuthParameters: {
          USERNAME: username,
          PASSWORD: password,
          SECRET_HASH: this.secretHash(username),
        },
      }),
    );
  }

  private secretHash(username: string): string {
    return createHmac('sha256', this.clientSecret)
      .update(username + this.clientId)
      .digest('base64');
  }
}

function outcomeOf(output: InitiateAuthCommandOutput): SignInOutcome {
  const { AuthenticationResult: result, ChallengeName: name } = output;
  if (result?.AccessToken !== undefined) {
    return {
      kind: 'signed-in',
      accessToken: result.AccessToken,
      expiresInSeconds: result.ExpiresIn ?? 3600,
    };
  }
  if (name === 'NEW_PASSWORD_REQUIRED') return challenged('password-change-required');
  if (name !== undefined && MFA_CHALLENGES.has(name)) return challenged('mfa-required');
  throw new Error('sign-in ended with neither a token nor a known challenge');
}

function challenged(challenge: SignInChallenge): SignInOutcome {
  return { kind: 'challenged', challenge };
}

function outcomeOfFailure(error: unknown): SignInOutcome {
  const name = error instanceof Error ? error.name : '';
  if (name === 'PasswordResetRequiredException') return challenged('password-reset-required');
  if (WRONG_CREDENTIALS.has(name))
    throw isOurFault(error) ? unavailable(error) : invalidCredentials();
  if (BUSY.has(name)) {
    throw new DomainError('overloaded', 'identity-provider-busy', 'Too many logins at once.', {
      cause: error,
      retryAfterSeconds: 5,
    });
  }
  throw unavailable(error);
}

/** NotAuthorizedException is also said of a wrong client secret, which no user could put right. */
function isOurFault(error: unknown): boolean {
  return error instanceof Error && /secret/i.test(error.message);
}

function unavailable(cause: unknown): DomainError {
  return new DomainError(
    'unavailable',
    'identity-provider-unavailable',
    'Logging in is not possible at the moment.',
    { cause, retryAfterSeconds: 5 },
  );
}

function invalidCredentials(): DomainError {
  return new DomainError(
    'unauthenticated',
    'invalid-credentials',
    'The user name or the password is wrong.',
  );
}
