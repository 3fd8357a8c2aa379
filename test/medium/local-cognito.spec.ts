import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { once } from 'node:events';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminDisableUserCommand,
  AdminEnableUserCommand,
  AdminGetUserCommand,
  AdminInitiateAuthCommand,
  AdminListGroupsForUserCommand,
  AdminRemoveUserFromGroupCommand,
  AdminRespondToAuthChallengeCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
  CreateGroupCommand,
  CreateResourceServerCommand,
  CreateUserPoolClientCommand,
  type CreateUserPoolClientCommandInput,
  DescribeUserPoolClientCommand,
  DescribeUserPoolCommand,
  GetUserCommand,
  GlobalSignOutCommand,
  InitiateAuthCommand,
  ListUsersCommand,
  ListUsersInGroupCommand,
  RespondToAuthChallengeCommand,
  RevokeTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import {
  createRemoteJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  generateKeyPair,
  jwtVerify,
  SignJWT,
} from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '@sensorflow/kernel';
import type { AppClient } from '../../apps/local/src/cognito/app-client.js';
import {
  type CognitoServerOptions,
  type RunningCognitoServer,
  startCognitoServer,
} from '../../apps/local/src/cognito/cognito-server.js';
import { secretHash } from '../../apps/local/src/cognito/secret-hash.js';
import type { UserPool } from '../../apps/local/src/cognito/user-pools.js';
import { type AwsCall, signedHeaders } from '../support/aws-signer.js';

const PASSWORD = 'Correct-Horse-1';
const TEMPORARY = 'Temporary-Pass-1';
const SCOPES = ['sensorflow/read', 'sensorflow/write', 'sensorflow/import', 'sensorflow/admin'];
const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local-secret' };
const MINUTE_MS = 60_000;
const INVALID = 'InvalidSignatureException';
const UNRECOGNIZED = 'UnrecognizedClientException';

/** Real time, moved ahead by as much as a test says. */
class ShiftedClock extends SystemClock {
  shiftMs = 0;

  override nowEpochMs(): number {
    return super.nowEpochMs() + this.shiftMs;
  }
}

/** The emulator with what the embedded stack's bootstrap makes. */
interface Fixture {
  readonly server: RunningCognitoServer;
  readonly sdk: CognitoIdentityProviderClient;
  readonly pool: UserPool;
  readonly login: AppClient;
  readonly otherLogin: AppClient;
  readonly publicLogin: AppClient;
  readonly machine: AppClient;
  close(): Promise<void>;
}

const clock = new ShiftedClock();
let dataDir: string;
let fixture: Fixture;
let usernames = 0;

async function startFixture(
  folder: string,
  options: Partial<CognitoServerOptions> = {},
): Promise<Fixture> {
  const region = 'eu-central-1';
  const server = await startCognitoServer({
    dataDir: folder,
    port: 0,
    region,
    credentials: CREDENTIALS,
    clock,
    ...options,
  });
  const { pools } = server;
  const pool = await pools.ensurePool('sensorflow');
  for (const group of ['viewers', 'operators', 'admins']) pools.ensureGroup(pool.id, group);
  pools.ensureResourceServer(pool.id, 'sensorflow', ['read', 'write', 'import', 'admin']);
  const authFlows = ['ALLOW_ADMIN_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'] as const;
  const sdk = new CognitoIdentityProviderClient({
    region,
    endpoint: server.url,
    credentials: CREDENTIALS,
    maxAttempts: 1,
  });
  return {
    server,
    sdk,
    pool,
    login: pools.ensureClient(pool.id, { name: 'login', generateSecret: true, authFlows }),
    otherLogin: pools.ensureClient(pool.id, { name: 'other', generateSecret: true, authFlows }),
    publicLogin: pools.ensureClient(pool.id, {
      name: 'public',
      generateSecret: false,
      authFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    }),
    machine: pools.ensureClient(pool.id, {
      name: 'machine',
      generateSecret: true,
      authFlows: [],
      oauthFlows: ['client_credentials'],
      allowedScopes: SCOPES.slice(0, 3),
    }),
    close: async () => {
      sdk.destroy();
      await server.close();
    },
  };
}

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'sensorflow-cognito-'));
  fixture = await startFixture(dataDir);
});

afterAll(async () => {
  await fixture.close();
  rmSync(dataDir, { recursive: true });
});

beforeEach(() => {
  clock.shiftMs = 0;
});

async function aUser(
  wanted: { password?: string; permanent?: boolean; groups?: readonly string[] } = {},
): Promise<string> {
  usernames += 1;
  const username = `user-${usernames}`;
  await fixture.server.pools.ensureUser(fixture.pool.id, {
    username,
    password: PASSWORD,
    permanent: true,
    groups: [],
    ...wanted,
  });
  return username;
}

function hashFor(username: string, client: AppClient): Record<string, string> {
  if (client.secret === undefined) return {};
  return { SECRET_HASH: secretHash(client.secret, username, client.id) };
}

function signIn(username: string, password = PASSWORD, client = fixture.login) {
  const parameters = { USERNAME: username, PASSWORD: password, ...hashFor(username, client) };
  return signInWith(parameters, client);
}

function signInWith(AuthParameters: Record<string, string>, client = fixture.login) {
  return fixture.sdk.send(
    new AdminInitiateAuthCommand({
      UserPoolId: fixture.pool.id,
      ClientId: client.id,
      AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
      AuthParameters,
    }),
  );
}

async function tokensOf(username: string, client = fixture.login) {
  const { AuthenticationResult: result } = await signIn(username, PASSWORD, client);
  if (!result?.AccessToken || !result.IdToken || !result.RefreshToken) throw new Error('no tokens');
  return { access: result.AccessToken, id: result.IdToken, refresh: result.RefreshToken };
}

function refresh(refreshToken: string, username: string, client = fixture.login) {
  return fixture.sdk.send(
    new AdminInitiateAuthCommand({
      UserPoolId: fixture.pool.id,
      ClientId: client.id,
      AuthFlow: 'REFRESH_TOKEN_AUTH',
      AuthParameters: { REFRESH_TOKEN: refreshToken, ...hashFor(username, client) },
    }),
  );
}

async function challengeSession(username: string, client = fixture.login): Promise<string> {
  const { Session } = await signIn(username, TEMPORARY, client);
  if (Session === undefined) throw new Error('no challenge');
  return Session;
}

function answerChallenge(
  username: string,
  session: string,
  newPassword = PASSWORD,
  client = fixture.login,
) {
  return fixture.sdk.send(
    new AdminRespondToAuthChallengeCommand({
      UserPoolId: fixture.pool.id,
      ClientId: client.id,
      ChallengeName: 'NEW_PASSWORD_REQUIRED',
      Session: session,
      ChallengeResponses: {
        USERNAME: username,
        NEW_PASSWORD: newPassword,
        ...hashFor(username, client),
      },
    }),
  );
}

function getUser(accessToken: string) {
  return fixture.sdk.send(new GetUserCommand({ AccessToken: accessToken }));
}

function refusal(name: string, message: string | RegExp = /./) {
  const matching = expect.stringMatching(message);
  return expect.objectContaining({
    name,
    message: typeof message === 'string' ? message : matching,
  });
}

async function verified(token: string) {
  const keys = createRemoteJWKSet(new URL(fixture.pool.jwksUri));
  const { payload } = await jwtVerify(token, keys, {
    issuer: fixture.pool.issuer,
    algorithms: ['RS256'],
  });
  return payload;
}

interface TokenAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

async function requestToken(
  form: Record<string, string> | string,
  headers: Record<string, string> = {},
): Promise<TokenAnswer> {
  const response = await fetch(`${fixture.server.url}/oauth2/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(form).toString(),
  });
  const body: unknown = await response.json();
  return { status: response.status, body: { ...Object(body) } };
}

function basic(id: string, secret = ''): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` };
}

function asMachine(): Record<string, string> {
  return basic(fixture.machine.id, fixture.machine.secret);
}

async function callRaw(
  target: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
) {
  const response = await fetch(fixture.server.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AWSCognitoIdentityProviderService.${target}`,
      ...headers,
    },
    body,
  });
  return { status: response.status, body: Object(await response.json()) };
}

describe('signing in with a password', () => {
  it('answers with tokens as Cognito issues them', async () => {
    const username = await aUser({ groups: ['operators', 'viewers'] });

    const { AuthenticationResult: result, ChallengeName } = await signIn(username);

    expect(ChallengeName).toBeUndefined();
    expect(result).toMatchObject({ ExpiresIn: 3600, TokenType: 'Bearer' });
    const access = await verified(result?.AccessToken ?? '');
    const uuid = expect.stringMatching(/^[0-9a-f-]{36}$/);
    expect(access).toEqual({
      sub: uuid,
      'cognito:groups': ['operators', 'viewers'],
      iss: fixture.pool.issuer,
      client_id: fixture.login.id,
      origin_jti: uuid,
      event_id: uuid,
      token_use: 'access',
      scope: 'aws.cognito.signin.user.admin',
      auth_time: access['iat'],
      exp: (access['iat'] ?? 0) + 3600,
      iat: expect.any(Number),
      jti: uuid,
      username,
    });
    const id = await verified(result?.IdToken ?? '');
    expect(id).toMatchObject({
      sub: access.sub,
      aud: fixture.login.id,
      token_use: 'id',
      'cognito:username': username,
      origin_jti: access['origin_jti'],
    });
    expect(id).not.toHaveProperty('client_id');
  });

  it('leaves the groups out of the tokens of a user without any', async () => {
    const { access } = await tokensOf(await aUser());

    expect(await verified(access)).not.toHaveProperty('cognito:groups');
  });

  it('serves a public client without a secret hash through InitiateAuth', async () => {
    const username = await aUser();

    const answer = await fixture.sdk.send(
      new InitiateAuthCommand({
        ClientId: fixture.publicLogin.id,
        AuthFlow: 'USER_PASSWORD_AUTH',
        AuthParameters: { USERNAME: username, PASSWORD },
      }),
    );

    const claims = await verified(answer.AuthenticationResult?.AccessToken ?? '');
    expect(claims['client_id']).toBe(fixture.publicLogin.id);
  });

  it('gives access tokens the lifetime that their client has', async () => {
    const client = fixture.server.pools.ensureClient(fixture.pool.id, {
      name: 'short-lived',
      generateSecret: true,
      authFlows: ['ALLOW_ADMIN_USER_PASSWORD_AUTH'],
      accessTokenValiditySeconds: 2,
    });

    const { AuthenticationResult: result } = await signIn(await aUser(), PASSWORD, client);

    const { exp = 0, iat = 0 } = decodeJwt(result?.AccessToken ?? '');
    expect(exp - iat).toBe(2);
    expect(result?.ExpiresIn).toBe(2);
  });

  it('refuses a missing or wrong secret hash', async () => {
    const username = await aUser();
    const { id } = fixture.login;
    const credentials = { USERNAME: username, PASSWORD };
    const ofAnotherName = hashFor('somebody-else', fixture.login);

    await expect(signInWith(credentials)).rejects.toEqual(
      refusal(
        'NotAuthorizedException',
        `Client ${id} is configured with secret but SECRET_HASH was not received`,
      ),
    );
    for (const wrong of [{ SECRET_HASH: 'bm9uc2Vuc2U=' }, ofAnotherName]) {
      await expect(signInWith({ ...credentials, ...wrong })).rejects.toEqual(
        refusal('NotAuthorizedException', `Unable to verify secret hash for client ${id}`),
      );
    }
  });

  it('refuses a secret hash from a client that has no secret', async () => {
    const username = await aUser();

    const attempt = fixture.sdk.send(
      new InitiateAuthCommand({
        ClientId: fixture.publicLogin.id,
        AuthFlow: 'USER_PASSWORD_AUTH',
        AuthParameters: { USERNAME: username, PASSWORD, SECRET_HASH: 'bm9uc2Vuc2U=' },
      }),
    );

    await expect(attempt).rejects.toEqual(refusal('NotAuthorizedException', /without secret/));
  });

  it('refuses flows that the client does not allow or the operation does not know', async () => {
    const username = await aUser();
    const AuthParameters = {
      USERNAME: username,
      PASSWORD,
      ...hashFor(username, fixture.login),
    };
    const ClientId = fixture.login.id;

    const flows = ['USER_PASSWORD_AUTH', 'ADMIN_USER_PASSWORD_AUTH', 'USER_SRP_AUTH'] as const;
    for (const AuthFlow of flows) {
      await expect(
        fixture.sdk.send(new InitiateAuthCommand({ ClientId, AuthFlow, AuthParameters })),
      ).rejects.toEqual(refusal('InvalidParameterException'));
    }
    await expect(signIn(username, PASSWORD, fixture.machine)).rejects.toEqual(
      refusal('InvalidParameterException', /not enabled for this client/),
    );
  });

  it('says the same of an unknown user and a wrong password', async () => {
    const username = await aUser();

    await Promise.all(
      [signIn('nobody-at-all'), signIn(username, 'Wrong-Pass-1')].map((attempt) =>
        expect(attempt).rejects.toEqual(
          refusal('NotAuthorizedException', 'Incorrect username or password.'),
        ),
      ),
    );
  });

  it('takes as long for an unknown user as for a wrong password', async () => {
    const username = await aUser();

    const wrongPassword: number[] = [];
    const unknownUser: number[] = [];
    for (let time = 0; time < 4; time += 1) {
      wrongPassword.push(await durationOfRefusal(username));
      unknownUser.push(await durationOfRefusal('nobody-to-time'));
    }

    // Hashing takes some 40 ms and the rest 3 ms: skipping it would make the ratio 10.
    const ratio = Math.min(...wrongPassword) / Math.min(...unknownUser);
    expect(Math.max(ratio, 1 / ratio)).toBeLessThan(3);
  });

  it('tells only the owner of the password that a user is disabled', async () => {
    const username = await aUser();
    fixture.server.pools.setUserEnabled(fixture.pool.id, username, false);

    await expect(signIn(username)).rejects.toEqual(
      refusal('NotAuthorizedException', 'User is disabled.'),
    );
    await expect(signIn(username, 'Wrong-Pass-1')).rejects.toEqual(
      refusal('NotAuthorizedException', 'Incorrect username or password.'),
    );
  });

  it('names unknown clients, unknown pools and clients of another pool', async () => {
    const other = await fixture.server.pools.ensurePool('another');
    const attempt = (UserPoolId: string, ClientId: string) =>
      fixture.sdk.send(
        new AdminInitiateAuthCommand({
          UserPoolId,
          ClientId,
          AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
        }),
      );

    await Promise.all(
      [
        attempt(fixture.pool.id, 'nosuchclient'),
        attempt('eu-central-1_nosuchpoo', fixture.login.id),
        attempt(other.id, fixture.login.id),
      ].map((refused) =>
        expect(refused).rejects.toEqual(refusal('ResourceNotFoundException', /does not exist/)),
      ),
    );
  });
});

async function durationOfRefusal(username: string): Promise<number> {
  const start = performance.now();
  await expect(signIn(username, 'Wrong-Pass-1')).rejects.toThrow('Incorrect');
  return performance.now() - start;
}

describe('a username', () => {
  it('signs in however it is spelled, and stays as it was made', async () => {
    const username = `Ünal-${await aUser()}`;
    await fixture.server.pools.ensureUser(fixture.pool.id, {
      username,
      password: PASSWORD,
      permanent: true,
      groups: [],
    });

    const { AuthenticationResult: result } = await signIn(username.toUpperCase());

    const { Username } = await getUser(result?.AccessToken ?? '');
    expect(Username).toBe(username);
    expect(decodeJwt(result?.AccessToken ?? '')['username']).toBe(username);
  });

  it('is one user in every spelling', async () => {
    const username = await aUser();

    const again = fixture.sdk.send(
      new AdminCreateUserCommand({
        UserPoolId: fixture.pool.id,
        Username: username.toUpperCase(),
        TemporaryPassword: TEMPORARY,
      }),
    );

    await expect(again).rejects.toEqual(refusal('UsernameExistsException'));
  });

  it('is locked in every spelling, so that guessing goes no faster', async () => {
    const username = await aUser();
    const spellings = [username, username.toUpperCase(), `U${username.slice(1)}`];
    for (const spelling of [...spellings, ...spellings].slice(0, 5)) {
      await expect(signIn(spelling, 'Wrong-Pass-1')).rejects.toThrow('Incorrect');
    }

    await expect(signIn(username.toUpperCase())).rejects.toThrow('Password attempts exceeded');
  });

  it('leads to its challenge in another spelling', async () => {
    const username = await aUser({ password: TEMPORARY, permanent: false });
    const session = await challengeSession(username);

    const answer = await answerChallenge(username.toUpperCase(), session);

    expect(answer.AuthenticationResult?.AccessToken).toBeDefined();
  });
});

describe('the lockout', () => {
  it.each([
    { who: 'a user', exists: true },
    { who: 'a name that nobody has', exists: false },
  ])('locks $who for a second after five wrong passwords, then for two', async ({ exists }) => {
    const username = exists ? await aUser() : 'locked-nobody';
    const exceeded = refusal('NotAuthorizedException', 'Password attempts exceeded');
    const incorrect = refusal('NotAuthorizedException', 'Incorrect username or password.');
    for (let failure = 1; failure <= 5; failure += 1) {
      await expect(signIn(username, 'Wrong-Pass-1')).rejects.toEqual(incorrect);
    }
    clock.shiftMs -= 100;

    await expect(signIn(username)).rejects.toEqual(exceeded);

    clock.shiftMs += 1100;
    await expect(signIn(username, 'Wrong-Pass-1')).rejects.toEqual(incorrect);
    clock.shiftMs += 1000;
    await expect(signIn(username, 'Wrong-Pass-1')).rejects.toEqual(exceeded);
  });

  it('lets the right password in after the lock, and starts to count anew', async () => {
    const username = await aUser();
    for (let failure = 1; failure <= 5; failure += 1) {
      await expect(signIn(username, 'Wrong-Pass-1')).rejects.toThrow('Incorrect');
    }
    clock.shiftMs += 1100;

    const { AuthenticationResult } = await signIn(username);

    expect(AuthenticationResult?.AccessToken).toBeDefined();
    await expect(signIn(username, 'Wrong-Pass-1')).rejects.toThrow('Incorrect');
    expect((await signIn(username)).AuthenticationResult).toBeDefined();
  });

  it('gives many guesses at once no more than five answers', async () => {
    const username = await aUser();
    const guesses = Array.from({ length: 12 }, () => signIn(username, 'Wrong-Pass-1'));

    const outcomes = await Promise.allSettled(guesses);

    const messages = outcomes.map((outcome) =>
      outcome.status === 'rejected' ? String(outcome.reason.message) : 'signed in',
    );
    expect(messages.filter((message) => message.startsWith('Incorrect'))).toHaveLength(5);
    expect(messages.filter((message) => message.endsWith('exceeded'))).toHaveLength(7);
  });

  it('does not hinder many right passwords at once', async () => {
    const username = await aUser();

    const outcomes = await Promise.all(Array.from({ length: 8 }, () => signIn(username)));

    expect(outcomes.every((outcome) => outcome.AuthenticationResult !== undefined)).toBe(true);
  });
});

describe('a temporary password', () => {
  it('leads to a challenge whose answer signs the user in', async () => {
    const username = await aUser({ password: TEMPORARY, permanent: false });

    const { ChallengeName, Session, AuthenticationResult } = await signIn(username, TEMPORARY);

    expect(ChallengeName).toBe('NEW_PASSWORD_REQUIRED');
    expect(AuthenticationResult).toBeUndefined();
    const answer = await answerChallenge(username, Session ?? '');
    expect(await verified(answer.AuthenticationResult?.AccessToken ?? '')).toMatchObject({
      username,
    });
    expect((await signIn(username)).AuthenticationResult).toBeDefined();
    await expect(signIn(username, TEMPORARY)).rejects.toThrow('Incorrect');
  });

  it('is checked before the challenge', async () => {
    const username = await aUser({ password: TEMPORARY, permanent: false });

    await expect(signIn(username, 'Guessed-Pass-1')).rejects.toEqual(
      refusal('NotAuthorizedException', 'Incorrect username or password.'),
    );
  });

  it('is changed through the public operation by a public client', async () => {
    const username = await aUser({ password: TEMPORARY, permanent: false });
    const ClientId = fixture.publicLogin.id;
    const { Session } = await fixture.sdk.send(
      new InitiateAuthCommand({
        ClientId,
        AuthFlow: 'USER_PASSWORD_AUTH',
        AuthParameters: { USERNAME: username, PASSWORD: TEMPORARY },
      }),
    );

    const answer = await fixture.sdk.send(
      new RespondToAuthChallengeCommand({
        ClientId,
        ChallengeName: 'NEW_PASSWORD_REQUIRED',
        Session,
        ChallengeResponses: { USERNAME: username, NEW_PASSWORD: PASSWORD },
      }),
    );

    expect(answer.AuthenticationResult?.RefreshToken).toBeDefined();
  });

  it('has a session that cannot be forged, and none of another user, client or time', async () => {
    const username = await aUser({ password: TEMPORARY, permanent: false });
    const other = await aUser({ password: TEMPORARY, permanent: false });
    const session = await challengeSession(username);
    const othersSession = await challengeSession(other);
    const invalid = refusal('NotAuthorizedException', 'Invalid session for the user.');

    await expect(answerChallenge(username, 'forged-session-of-any-text')).rejects.toEqual(invalid);
    await expect(answerChallenge(username, othersSession)).rejects.toEqual(invalid);
    await expect(answerChallenge(username, session, PASSWORD, fixture.otherLogin)).rejects.toEqual(
      invalid,
    );
    await expect(answerChallenge('nobody-at-all', session)).rejects.toEqual(invalid);
    clock.shiftMs = 3 * MINUTE_MS;
    await expect(answerChallenge(username, session)).rejects.toEqual(invalid);
    clock.shiftMs = 0;
    await expect(signIn(username, PASSWORD)).rejects.toThrow('Incorrect');
  });

  it('has a session that is good until just before three minutes are over', async () => {
    const username = await aUser({ password: TEMPORARY, permanent: false });
    const session = await challengeSession(username);
    clock.shiftMs = 3 * MINUTE_MS - 5000;

    const { AuthenticationResult } = await answerChallenge(username, session);

    expect(AuthenticationResult).toBeDefined();
  });

  it('has a session that can be answered once, also by two at the same time', async () => {
    const username = await aUser({ password: TEMPORARY, permanent: false });
    const session = await challengeSession(username);

    const outcomes = await Promise.allSettled([
      answerChallenge(username, session, 'First-Pass-1'),
      answerChallenge(username, session, 'Second-Pass-2'),
    ]);

    expect(outcomes.map((outcome) => outcome.status).sort()).toEqual(['fulfilled', 'rejected']);
    await expect(answerChallenge(username, session, 'Third-Pass-3')).rejects.toEqual(
      refusal('NotAuthorizedException', 'Invalid session for the user.'),
    );
  });

  it('has a session that ends when the password is reset or the user disabled', async () => {
    const reset = await aUser({ password: TEMPORARY, permanent: false });
    const disabled = await aUser({ password: TEMPORARY, permanent: false });
    const [resetSession, disabledSession] = [
      await challengeSession(reset),
      await challengeSession(disabled),
    ];

    await fixture.server.pools.setUserPassword(fixture.pool.id, reset, 'Another-Pass-1', false);
    fixture.server.pools.setUserEnabled(fixture.pool.id, disabled, false);

    await Promise.all(
      [answerChallenge(reset, resetSession), answerChallenge(disabled, disabledSession)].map(
        (refused) => expect(refused).rejects.toEqual(refusal('NotAuthorizedException')),
      ),
    );
  });

  it('is not followed by a weak one, and the session waits for a better one', async () => {
    const username = await aUser({ password: TEMPORARY, permanent: false });
    const session = await challengeSession(username);

    for (const weak of ['Short-1', 'no-upper-1', 'NO-LOWER-1', 'No-Number-', 'NoSymbol11']) {
      await expect(answerChallenge(username, session, weak)).rejects.toEqual(
        refusal('InvalidPasswordException', /^Password did not conform with policy/),
      );
    }
    expect((await answerChallenge(username, session)).AuthenticationResult).toBeDefined();
  });

  it('needs the secret hash for the answer too', async () => {
    const username = await aUser({ password: TEMPORARY, permanent: false });
    const session = await challengeSession(username);
    const ChallengeResponses = { USERNAME: username, NEW_PASSWORD: PASSWORD };

    for (const forged of [{}, { SECRET_HASH: 'bm9uc2Vuc2U=' }]) {
      const attempt = fixture.sdk.send(
        new RespondToAuthChallengeCommand({
          ClientId: fixture.login.id,
          ChallengeName: 'NEW_PASSWORD_REQUIRED',
          Session: session,
          ChallengeResponses: { ...ChallengeResponses, ...forged },
        }),
      );
      await expect(attempt).rejects.toEqual(refusal('NotAuthorizedException', /secret/i));
    }
  });
});

describe('a session', () => {
  it('is refreshed with new tokens of the same origin', async () => {
    const username = await aUser();
    const first = await tokensOf(username);
    clock.shiftMs = 10_000;

    const { AuthenticationResult: second } = await refresh(first.refresh, username);

    expect(second?.RefreshToken).toBeUndefined();
    const [before, after] = [decodeJwt(first.access), decodeJwt(second?.AccessToken ?? '')];
    expect(after['origin_jti']).toBe(before['origin_jti']);
    expect(after['auth_time']).toBe(before['auth_time']);
    expect(after.jti).not.toBe(before.jti);
    expect((after.exp ?? 0) - (before.exp ?? 0)).toBeGreaterThanOrEqual(9);
  });

  it('shows groups joined since at the next refresh', async () => {
    const username = await aUser();
    const { refresh: refreshToken } = await tokensOf(username);
    await fixture.server.pools.ensureUser(fixture.pool.id, {
      username,
      password: PASSWORD,
      permanent: true,
      groups: ['admins'],
    });

    const { AuthenticationResult } = await refresh(refreshToken, username);

    expect(decodeJwt(AuthenticationResult?.AccessToken ?? '')['cognito:groups']).toEqual([
      'admins',
    ]);
  });

  it('is not refreshed for another client, without the secret hash, or with a made-up token', async () => {
    const username = await aUser();
    const { refresh: refreshToken, access } = await tokensOf(username);
    const invalid = refusal('NotAuthorizedException', 'Invalid Refresh Token');

    await expect(refresh(refreshToken, username, fixture.otherLogin)).rejects.toEqual(invalid);
    await expect(refresh('made-up', username)).rejects.toEqual(invalid);
    await expect(refresh(access, username)).rejects.toEqual(invalid);
    const bare = new AdminInitiateAuthCommand({
      UserPoolId: fixture.pool.id,
      ClientId: fixture.login.id,
      AuthFlow: 'REFRESH_TOKEN_AUTH',
      AuthParameters: { REFRESH_TOKEN: refreshToken },
    });
    await expect(fixture.sdk.send(bare)).rejects.toEqual(
      refusal('NotAuthorizedException', /SECRET_HASH was not received/),
    );
    await expect(refresh(refreshToken, 'somebody-else')).rejects.toEqual(
      refusal('NotAuthorizedException', /Unable to verify secret hash/),
    );
  });

  it('lasts thirty days', async () => {
    const username = await aUser();
    const { refresh: refreshToken } = await tokensOf(username);

    clock.shiftMs = 30 * 24 * 60 * MINUTE_MS + 1;

    await expect(refresh(refreshToken, username)).rejects.toEqual(
      refusal('NotAuthorizedException', 'Refresh Token has expired'),
    );
  });

  it('shows the user to the bearer of its access token', async () => {
    const username = await aUser();
    const { access } = await tokensOf(username);

    const { Username, UserAttributes } = await getUser(access);

    expect(Username).toBe(username);
    expect(UserAttributes).toEqual([{ Name: 'sub', Value: decodeJwt(access).sub }]);
  });

  it('shows no user for ID tokens, machine tokens, expired, foreign or altered tokens', async () => {
    const { access, id } = await tokensOf(await aUser());
    const machine = await requestToken({ grant_type: 'client_credentials' }, asMachine());
    const { privateKey } = await generateKeyPair('RS256');
    const selfSigned = await new SignJWT(decodeJwt(access))
      .setProtectedHeader({ alg: 'RS256', kid: decodeProtectedHeader(access).kid ?? '' })
      .sign(privateKey);
    const [header = '', , signature = ''] = access.split('.');
    const altered = Buffer.from(JSON.stringify({ ...decodeJwt(access), username: 'admin' }));
    const invalid = refusal('NotAuthorizedException', 'Invalid Access Token');

    for (const token of [
      id,
      String(machine.body['access_token']),
      selfSigned,
      [header, altered.toString('base64url'), signature].join('.'),
      'nonsense',
    ]) {
      await expect(getUser(token)).rejects.toEqual(invalid);
    }
    clock.shiftMs = 3600_000 + 1000;
    await expect(getUser(access)).rejects.toEqual(
      refusal('NotAuthorizedException', 'Access Token has expired'),
    );
  });

  it('ends at GlobalSignOut, with all others of the user', async () => {
    const username = await aUser();
    const [first, second] = [await tokensOf(username), await tokensOf(username)];
    const bystander = await tokensOf(await aUser());

    await fixture.sdk.send(new GlobalSignOutCommand({ AccessToken: first.access }));

    for (const { access, refresh: refreshToken } of [first, second]) {
      await expect(getUser(access)).rejects.toEqual(
        refusal('NotAuthorizedException', 'Access Token has been revoked'),
      );
      await expect(refresh(refreshToken, username)).rejects.toEqual(
        refusal('NotAuthorizedException', 'Refresh Token has been revoked'),
      );
    }
    expect((await getUser(bystander.access)).Username).toBeDefined();
  });

  it('ends alone at RevokeToken', async () => {
    const username = await aUser();
    const [first, second] = [await tokensOf(username), await tokensOf(username)];
    const { id: ClientId, secret: ClientSecret } = fixture.login;

    await fixture.sdk.send(
      new RevokeTokenCommand({ Token: first.refresh, ClientId, ClientSecret }),
    );

    await expect(getUser(first.access)).rejects.toThrow('revoked');
    await expect(refresh(first.refresh, username)).rejects.toThrow('revoked');
    expect((await getUser(second.access)).Username).toBe(username);
  });

  it('is revoked by its own client alone, and only through its refresh token', async () => {
    const tokens = await tokensOf(await aUser());
    const revoke = (Token: string, client: AppClient, ClientSecret = client.secret) =>
      fixture.sdk.send(new RevokeTokenCommand({ Token, ClientId: client.id, ClientSecret }));
    const unauthorized = refusal('UnauthorizedException');

    await expect(revoke(tokens.refresh, fixture.login, 'wrong')).rejects.toEqual(unauthorized);
    await expect(revoke(tokens.refresh, fixture.otherLogin)).rejects.toEqual(unauthorized);
    await expect(
      fixture.sdk.send(
        new RevokeTokenCommand({ Token: tokens.refresh, ClientId: fixture.login.id }),
      ),
    ).rejects.toEqual(unauthorized);
    await expect(revoke(tokens.access, fixture.login)).rejects.toEqual(
      refusal('UnsupportedTokenTypeException'),
    );
    expect((await revoke('unknown', fixture.login)).$metadata.httpStatusCode).toBe(200);
    expect((await getUser(tokens.access)).Username).toBeDefined();
  });
});

describe('administration through the API', () => {
  it('makes a user who must change the password, and tells about them', async () => {
    const pool = { UserPoolId: fixture.pool.id };
    const { User } = await fixture.sdk.send(
      new AdminCreateUserCommand({
        ...pool,
        Username: 'anna',
        TemporaryPassword: TEMPORARY,
        MessageAction: 'SUPPRESS',
        UserAttributes: [{ Name: 'email', Value: 'anna@example.com' }],
      }),
    );
    await fixture.sdk.send(
      new AdminAddUserToGroupCommand({ ...pool, Username: 'anna', GroupName: 'viewers' }),
    );

    const seen = await fixture.sdk.send(new AdminGetUserCommand({ ...pool, Username: 'anna' }));

    expect(User).toMatchObject({ Username: 'anna', UserStatus: 'FORCE_CHANGE_PASSWORD' });
    expect(seen).toMatchObject({ Enabled: true, UserStatus: 'FORCE_CHANGE_PASSWORD' });
    expect(seen.UserAttributes).toContainEqual({ Name: 'email', Value: 'anna@example.com' });
    expect(seen.UserCreateDate?.getTime()).toBeGreaterThan(Date.now() - MINUTE_MS);
    const answer = await answerChallenge('anna', await challengeSession('anna'));
    const claims = decodeJwt(answer.AuthenticationResult?.IdToken ?? '');
    expect(claims).toMatchObject({ email: 'anna@example.com', 'cognito:groups': ['viewers'] });
  });

  it('sets a permanent password, disables and enables', async () => {
    const pool = { UserPoolId: fixture.pool.id };
    const Username = await aUser({ password: TEMPORARY, permanent: false });
    await fixture.sdk.send(
      new AdminSetUserPasswordCommand({ ...pool, Username, Password: PASSWORD, Permanent: true }),
    );
    const { access, refresh: refreshToken } = await tokensOf(Username);

    await fixture.sdk.send(new AdminDisableUserCommand({ ...pool, Username }));

    await expect(signIn(Username)).rejects.toThrow('User is disabled.');
    await expect(getUser(access)).rejects.toEqual(refusal('NotAuthorizedException'));
    await expect(refresh(refreshToken, Username)).rejects.toEqual(
      refusal('NotAuthorizedException'),
    );
    await fixture.sdk.send(new AdminEnableUserCommand({ ...pool, Username }));
    expect((await signIn(Username)).AuthenticationResult).toBeDefined();
    await expect(refresh(refreshToken, Username)).rejects.toThrow('revoked');
  });

  it('lists users and groups page by page, and takes somebody out of a group', async () => {
    const pool = await fixture.server.pools.ensurePool('listed');
    const UserPoolId = pool.id;
    for (const group of ['viewers', 'admins']) fixture.server.pools.ensureGroup(UserPoolId, group);
    for (const username of ['b', 'A', 'c']) {
      const user = { username, password: PASSWORD, permanent: true, groups: ['viewers'] };
      await fixture.server.pools.ensureUser(UserPoolId, user);
    }
    const b = { UserPoolId, Username: 'b' };
    await fixture.sdk.send(new AdminAddUserToGroupCommand({ ...b, GroupName: 'admins' }));
    const groupsOfB = async () =>
      (await fixture.sdk.send(new AdminListGroupsForUserCommand(b))).Groups?.map(
        ({ GroupName }) => GroupName,
      );

    const first = await fixture.sdk.send(new ListUsersCommand({ UserPoolId, Limit: 2 }));
    const { PaginationToken } = first;
    const second = await fixture.sdk.send(
      new ListUsersCommand({ UserPoolId, Limit: 2, ...(PaginationToken && { PaginationToken }) }),
    );
    const group = { UserPoolId, GroupName: 'viewers', Limit: 2 };
    const members = await fixture.sdk.send(new ListUsersInGroupCommand(group));
    const more = await fixture.sdk.send(
      new ListUsersInGroupCommand({
        ...group,
        ...(members.NextToken && { NextToken: members.NextToken }),
      }),
    );

    const names = (answer: { Users?: { Username?: string | undefined }[] | undefined }) =>
      answer.Users?.map(({ Username }) => Username);
    expect([names(first), names(second)]).toEqual([['A', 'b'], ['c']]);
    expect(first.Users?.[0]?.Attributes?.map(({ Name }) => Name)).toEqual(['sub']);
    expect([names(members), names(more)]).toEqual([['A', 'b'], ['c']]);
    expect([second.PaginationToken, more.NextToken]).toEqual([undefined, undefined]);
    expect(await groupsOfB()).toEqual(['admins', 'viewers']);
    const leaving = { ...b, GroupName: 'admins' };
    await fixture.sdk.send(new AdminRemoveUserFromGroupCommand(leaving));
    await fixture.sdk.send(new AdminRemoveUserFromGroupCommand(leaving));
    expect(await groupsOfB()).toEqual(['viewers']);
  });

  it('describes the pool and its password policy', async () => {
    const { UserPool: described } = await fixture.sdk.send(
      new DescribeUserPoolCommand({ UserPoolId: fixture.pool.id }),
    );

    expect(fixture.pool.id).toMatch(/^eu-central-1_[A-Za-z0-9]{9}$/);
    expect(described).toMatchObject({
      Id: fixture.pool.id,
      Name: 'sensorflow',
      Policies: { PasswordPolicy: { MinimumLength: 12, RequireSymbols: true } },
      UsernameConfiguration: { CaseSensitive: false },
    });
  });

  it('shows a client with its secret, and none of another pool', async () => {
    const UserPoolId = fixture.pool.id;
    const { id: ClientId, secret } = fixture.machine;

    const { UserPoolClient: client } = await fixture.sdk.send(
      new DescribeUserPoolClientCommand({ UserPoolId, ClientId }),
    );
    const unknown = fixture.sdk.send(
      new DescribeUserPoolClientCommand({ UserPoolId, ClientId: 'another' }),
    );

    expect(client).toMatchObject({
      ClientId,
      ClientSecret: secret,
      AllowedOAuthFlows: ['client_credentials'],
    });
    await expect(unknown).rejects.toEqual(refusal('ResourceNotFoundException'));
  });

  it('makes resource servers and clients that can be used at once', async () => {
    const UserPoolId = fixture.pool.id;
    await fixture.sdk.send(
      new CreateResourceServerCommand({
        UserPoolId,
        Identifier: 'weather',
        Name: 'Weather',
        Scopes: [{ ScopeName: 'forecast', ScopeDescription: 'look ahead' }],
      }),
    );

    const { UserPoolClient: made } = await fixture.sdk.send(
      new CreateUserPoolClientCommand({
        UserPoolId,
        ClientName: 'forecaster',
        GenerateSecret: true,
        AllowedOAuthFlows: ['client_credentials'],
        AllowedOAuthFlowsUserPoolClient: true,
        AllowedOAuthScopes: ['weather/forecast'],
        AccessTokenValidity: 5,
        TokenValidityUnits: { AccessToken: 'minutes' },
      }),
    );

    const credentials = basic(made?.ClientId ?? '', made?.ClientSecret);
    const { body } = await requestToken({ grant_type: 'client_credentials' }, credentials);
    expect(body['expires_in']).toBe(300);
    expect(decodeJwt(String(body['access_token']))['scope']).toBe('weather/forecast');
  });

  it('refuses what AWS refuses', async () => {
    const UserPoolId = fixture.pool.id;
    const Username = await aUser();
    const client = (input: Partial<CreateUserPoolClientCommandInput>) =>
      fixture.sdk.send(
        new CreateUserPoolClientCommand({ UserPoolId, ClientName: 'refused', ...input }),
      );
    const machine = {
      AllowedOAuthFlowsUserPoolClient: true,
      AllowedOAuthFlows: ['client_credentials' as const],
      AllowedOAuthScopes: ['sensorflow/read'],
      GenerateSecret: true,
    };
    const refusals: readonly [Promise<unknown>, string][] = [
      [
        fixture.sdk.send(new AdminCreateUserCommand({ UserPoolId, Username })),
        'UsernameExistsException',
      ],
      [
        fixture.sdk.send(
          new AdminCreateUserCommand({ UserPoolId, Username: 'weak', TemporaryPassword: 'weak' }),
        ),
        'InvalidPasswordException',
      ],
      [
        fixture.sdk.send(new AdminCreateUserCommand({ UserPoolId, Username: 'with space' })),
        'InvalidParameterException',
      ],
      [
        fixture.sdk.send(
          new AdminSetUserPasswordCommand({ UserPoolId, Username, Password: 'weak' }),
        ),
        'InvalidPasswordException',
      ],
      [
        fixture.sdk.send(new AdminGetUserCommand({ UserPoolId, Username: 'nobody-at-all' })),
        'UserNotFoundException',
      ],
      [
        fixture.sdk.send(
          new AdminAddUserToGroupCommand({ UserPoolId, Username, GroupName: 'nosuchgroup' }),
        ),
        'ResourceNotFoundException',
      ],
      [
        fixture.sdk.send(
          new AdminRemoveUserFromGroupCommand({ UserPoolId, Username, GroupName: 'nosuchgroup' }),
        ),
        'ResourceNotFoundException',
      ],
      [
        fixture.sdk.send(new ListUsersInGroupCommand({ UserPoolId, GroupName: 'nosuchgroup' })),
        'ResourceNotFoundException',
      ],
      [
        fixture.sdk.send(new AdminListGroupsForUserCommand({ UserPoolId, Username: 'nobody' })),
        'UserNotFoundException',
      ],
      [
        fixture.sdk.send(new ListUsersCommand({ UserPoolId: 'eu-central-1_nosuchpoo' })),
        'ResourceNotFoundException',
      ],
      [
        fixture.sdk.send(new ListUsersCommand({ UserPoolId, Limit: 61 })),
        'InvalidParameterException',
      ],
      [
        fixture.sdk.send(new ListUsersCommand({ UserPoolId, PaginationToken: 'made up' })),
        'InvalidParameterException',
      ],
      [
        fixture.sdk.send(new ListUsersCommand({ UserPoolId, Filter: 'username = "b"' })),
        'InvalidParameterException',
      ],
      [
        fixture.sdk.send(new CreateGroupCommand({ UserPoolId, GroupName: 'admins' })),
        'GroupExistsException',
      ],
      [
        fixture.sdk.send(new DescribeUserPoolCommand({ UserPoolId: 'eu-central-1_nosuchpoo' })),
        'ResourceNotFoundException',
      ],
      [client({ ...machine, GenerateSecret: false }), 'InvalidOAuthFlowException'],
      [
        client({ ...machine, AllowedOAuthFlows: ['client_credentials', 'code'] }),
        'InvalidOAuthFlowException',
      ],
      [
        client({ ...machine, AllowedOAuthScopes: ['sensorflow/delete'] }),
        'ScopeDoesNotExistException',
      ],
      [client({ ...machine, AllowedOAuthScopes: [] }), 'InvalidParameterException'],
      [
        client({ AccessTokenValidity: 4, TokenValidityUnits: { AccessToken: 'minutes' } }),
        'InvalidParameterException',
      ],
      [client({ AccessTokenValidity: 25 }), 'InvalidParameterException'],
    ];

    await Promise.all(
      refusals.map(([attempt, name]) => expect(attempt).rejects.toEqual(refusal(name))),
    );
  });

  it('refuses unsigned calls of what needs IAM permissions', async () => {
    const body = JSON.stringify({ UserPoolId: fixture.pool.id, Username: 'anna' });

    const operations = [
      'AdminGetUser',
      'AdminListGroupsForUser',
      'AdminRemoveUserFromGroup',
      'AdminSetUserPassword',
      'CreateUserPoolClient',
      'ListUsers',
      'ListUsersInGroup',
    ];
    for (const operation of operations) {
      const unsigned = await callRaw(operation, body);
      expect(unsigned).toMatchObject({
        status: 400,
        body: { __type: 'MissingAuthenticationTokenException' },
      });
      const bearer = await callRaw(operation, body, { authorization: 'Bearer abc' });
      expect(bearer.body).toMatchObject({ __type: 'IncompleteSignatureException' });
    }
  });

  it.each<[string, Partial<AwsCall>, string]>([
    ['by another secret', { credentials: { ...CREDENTIALS, secretAccessKey: 'x' } }, INVALID],
    ['by an unknown key', { credentials: { ...CREDENTIALS, accessKeyId: 'x' } }, UNRECOGNIZED],
    ['over another body', { body: '{}' }, INVALID],
    ['an hour ago', { date: new Date(Date.now() - 60 * MINUTE_MS) }, INVALID],
  ])('refuses what needs IAM permissions and is signed %s', async (_how, other, type) => {
    const body = JSON.stringify({ UserPoolId: fixture.pool.id });
    const target = 'AWSCognitoIdentityProviderService.DescribeUserPool';
    const call = {
      url: fixture.server.url,
      service: 'cognito-idp',
      region: 'eu-central-1',
      target,
      contentType: 'application/x-amz-json-1.1',
      body,
      credentials: CREDENTIALS,
    };

    const asOwner = await callRaw('DescribeUserPool', body, signedHeaders(call));
    const answer = await callRaw('DescribeUserPool', body, signedHeaders({ ...call, ...other }));

    expect(asOwner.status).toBe(200);
    expect(answer).toMatchObject({ status: 400, body: { __type: type } });
  });
});

describe('machine tokens', () => {
  it('carry the scopes asked for and name the client as their subject', async () => {
    const before = Math.floor(Date.now() / 1000);
    const form = { grant_type: 'client_credentials', scope: 'sensorflow/write sensorflow/read' };

    const { status, body } = await requestToken(form, asMachine());

    expect(status).toBe(200);
    expect(body).toEqual({
      access_token: expect.any(String),
      expires_in: 3600,
      token_type: 'Bearer',
    });
    const claims = await verified(String(body['access_token']));
    expect(claims).toEqual({
      sub: fixture.machine.id,
      token_use: 'access',
      scope: 'sensorflow/write sensorflow/read',
      auth_time: claims.iat,
      iss: fixture.pool.issuer,
      exp: (claims.iat ?? 0) + 3600,
      iat: expect.any(Number),
      version: 2,
      jti: expect.any(String),
      client_id: fixture.machine.id,
    });
    expect(claims.iat).toBeGreaterThanOrEqual(before);
  });

  it('carry all scopes of the client when none is asked for', async () => {
    for (const form of [{}, { scope: '' }]) {
      const answer = await requestToken({ grant_type: 'client_credentials', ...form }, asMachine());

      const { scope } = decodeJwt(String(answer.body['access_token']));
      expect(scope).toBe('sensorflow/read sensorflow/write sensorflow/import');
    }
  });

  it('are given for credentials in the body and for URL-encoded ones in the header', async () => {
    const { id, secret = '' } = fixture.machine;
    const encode = (text: string) => Buffer.from(text).toString('hex').replaceAll(/../g, '%$&');
    const grant = { grant_type: 'client_credentials' };

    const answers = [
      await requestToken({ ...grant, client_id: id, client_secret: secret }),
      await requestToken(grant, basic(encode(id), encode(secret))),
      await requestToken({ ...grant, client_id: id }, asMachine()),
    ];

    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200]);
  });

  it('are refused to clients that do not authenticate', async () => {
    const { id, secret = '' } = fixture.machine;
    const grant = { grant_type: 'client_credentials' };

    const answers = [
      await requestToken(grant, basic(id, 'wrong')),
      await requestToken(grant, basic(id, `${secret}x`)),
      await requestToken(grant, basic(id)),
      await requestToken(grant, basic('nosuchclient', secret)),
      await requestToken(grant, basic(id, '%zz')),
      await requestToken(grant, { authorization: 'Basic ***' }),
      await requestToken(grant, { authorization: `Bearer ${secret}` }),
      await requestToken({ ...grant, client_id: id }),
      await requestToken({ ...grant, client_id: id, client_secret: 'wrong' }),
      await requestToken({ ...grant, client_id: fixture.publicLogin.id, client_secret: 'any' }),
    ];

    for (const answer of answers) {
      expect(answer).toEqual({ status: 400, body: { error: 'invalid_client' } });
    }
  });

  it.each([
    ['a scope of another kind', 'sensorflow/delete'],
    ['a scope that exists but is not the client’s', 'sensorflow/admin'],
    ['one good scope among bad ones', 'sensorflow/read sensorflow/admin'],
    ['scopes with commas', 'sensorflow/read,sensorflow/write'],
    ['a scope of users', 'aws.cognito.signin.user.admin'],
    ['nothing but a space', ' '],
  ])('are refused for %s', async (_, scope) => {
    const answer = await requestToken({ grant_type: 'client_credentials', scope }, asMachine());

    expect(answer).toEqual({ status: 400, body: { error: 'invalid_scope' } });
  });

  it('are refused to clients of another type', async () => {
    const answers = [
      await requestToken(
        { grant_type: 'client_credentials' },
        basic(fixture.login.id, fixture.login.secret),
      ),
      await requestToken({
        grant_type: 'client_credentials',
        client_id: fixture.publicLogin.id,
      }),
      await requestToken({ grant_type: 'refresh_token', refresh_token: 'any' }, asMachine()),
    ];

    for (const answer of answers) {
      expect(answer).toEqual({ status: 400, body: { error: 'unauthorized_client' } });
    }
  });

  it('are refused for other and missing grants', async () => {
    const browser = fixture.server.pools.ensureClient(fixture.pool.id, {
      name: 'browser',
      generateSecret: true,
      oauthFlows: ['code'],
      allowedScopes: ['openid'],
    });
    const id = fixture.machine.id;

    const answers = [
      await requestToken({ grant_type: 'password' }, asMachine()),
      await requestToken({}, asMachine()),
      await requestToken(
        { grant_type: 'authorization_code', code: 'made-up' },
        basic(browser.id, browser.secret),
      ),
      await requestToken({ grant_type: 'client_credentials' }),
      await requestToken('grant_type=client_credentials&grant_type=password', asMachine()),
      await requestToken({ grant_type: 'client_credentials', client_id: 'another' }, asMachine()),
      await requestToken(
        { grant_type: 'client_credentials', client_id: id, client_secret: 'twice' },
        asMachine(),
      ),
      await requestToken(
        { grant_type: 'client_credentials' },
        { ...asMachine(), 'content-type': 'application/json' },
      ),
    ];

    expect(answers.map((answer) => answer.body['error'])).toEqual([
      'unsupported_grant_type',
      'invalid_request',
      'invalid_grant',
      'invalid_request',
      'invalid_request',
      'invalid_request',
      'invalid_request',
      'invalid_request',
    ]);
    expect(answers.every((answer) => answer.status === 400)).toBe(true);
  });
});

describe('keys and documents', () => {
  it('publishes what verifiers need, and no private part', async () => {
    const response = await fetch(`${fixture.pool.issuer}/.well-known/openid-configuration`);
    const configuration = Object(await response.json());
    const keySet = Object(await (await fetch(fixture.pool.jwksUri)).json());

    expect(configuration).toMatchObject({
      issuer: fixture.pool.issuer,
      jwks_uri: fixture.pool.jwksUri,
      token_endpoint: `${fixture.server.url}/oauth2/token`,
    });
    expect(keySet.keys[0]).toEqual({
      kid: expect.any(String),
      kty: 'RSA',
      alg: 'RS256',
      use: 'sig',
      n: expect.stringMatching(/^[\w-]{342}$/),
      e: 'AQAB',
    });
  });

  it('answers 404 for pools that do not exist', async () => {
    for (const path of ['eu-central-1_nosuchpoo/.well-known/jwks.json', 'favicon.ico', '']) {
      expect((await fetch(`${fixture.server.url}/${path}`)).status).toBe(404);
    }
  });

  it('signs with a new key after a rotation and goes on publishing the earlier one', async () => {
    const username = await aUser();
    const before = await tokensOf(username);

    await fixture.server.pools.rotateSigningKey(fixture.pool.id);

    const after = await tokensOf(username);
    expect(decodeProtectedHeader(after.access).kid).not.toBe(
      decodeProtectedHeader(before.access).kid,
    );
    expect((await verified(before.access))['username']).toBe(username);
    expect((await verified(after.access))['username']).toBe(username);
    expect((await getUser(before.access)).Username).toBe(username);
  });

  it('gives each pool keys of its own', async () => {
    const other = await fixture.server.pools.ensurePool('another');
    const { access } = await tokensOf(await aUser());

    const verification = jwtVerify(access, createRemoteJWKSet(new URL(other.jwksUri)));

    await expect(verification).rejects.toThrow('no applicable key');
  });
});

describe('broken requests', () => {
  it.each([
    ['text that is not JSON', '{"ClientId": '],
    ['a list', '[]'],
    ['null', 'null'],
    ['nothing', ''],
    ['fields of another type', '{"ClientId": 5}'],
    [
      'a list for an object',
      '{"ClientId": "@", "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": []}',
    ],
  ])('with %s get a SerializationException', async (_, body) => {
    const answer = await callRaw('InitiateAuth', body.replace('@', fixture.publicLogin.id));

    expect(answer).toMatchObject({ status: 400, body: { __type: 'SerializationException' } });
  });

  it('with invalid UTF-8 or another content type get a SerializationException', async () => {
    const answers = [
      await callRaw('InitiateAuth', new Uint8Array([0x7b, 0xff, 0x7d])),
      await callRaw('InitiateAuth', '{}', { 'content-type': 'text/plain' }),
    ];

    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 400, body: { __type: 'SerializationException' } });
    }
  });

  it('without a required field get an InvalidParameterException', async () => {
    const { id } = fixture.publicLogin;
    const bodies = [
      {},
      { ClientId: id },
      { ClientId: id, AuthFlow: 'USER_PASSWORD_AUTH' },
      { ClientId: id, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters: { USERNAME: 'a' } },
      { ClientId: id, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters: { PASSWORD: 'a' } },
      {
        ClientId: id,
        AuthFlow: 'USER_PASSWORD_AUTH',
        AuthParameters: { USERNAME: 'a'.repeat(129), PASSWORD: 'a' },
      },
    ];

    for (const body of bodies) {
      const answer = await callRaw('InitiateAuth', JSON.stringify(body));
      expect(answer.body).toMatchObject({ __type: 'InvalidParameterException' });
    }
  });

  it('for unknown operations get an UnknownOperationException', async () => {
    const targets = ['DeleteUniverse', '', 'constructor', '__proto__'];

    for (const target of targets) {
      const answer = await callRaw(target, '{}');
      expect(answer).toMatchObject({ status: 400, body: { __type: 'UnknownOperationException' } });
    }
  });

  it('that are too large get 413, and the server lives on', async () => {
    const large = 'x'.repeat(1_000_000);

    const api = await callRaw('InitiateAuth', JSON.stringify({ ClientId: large }));
    const token = await requestToken({ grant_type: large }, asMachine());
    const chunked = await fetch(fixture.server.url, {
      method: 'POST',
      body: new Blob([large]).stream(),
      duplex: 'half',
    });

    expect([api.status, token.status, chunked.status]).toEqual([413, 413, 413]);
    expect((await fetch(fixture.pool.jwksUri)).status).toBe(200);
  });

  it('under a host name that is not loopback are refused, as after DNS rebinding', async () => {
    const { pathname, port } = new URL(fixture.pool.jwksUri);
    const statusUnder = async (host: string) => {
      const asked = request({ port, path: pathname, headers: { host } }).end();
      const [response] = await once(asked, 'response');
      response.resume();
      return response.statusCode;
    };

    const statuses = [await statusUnder('evil.example:80'), await statusUnder('localhost')];

    expect(statuses).toEqual([403, 200]);
  });

  it('to other addresses or by other methods are refused', async () => {
    const { url } = fixture.server;

    const statuses = [
      (await fetch(`${url}/elsewhere`, { method: 'POST' })).status,
      (await fetch(url, { method: 'DELETE' })).status,
      (await fetch(`${url}/oauth2/token`)).status,
    ];

    expect(statuses).toEqual([404, 405, 404]);
  });
});

describe('what is kept', () => {
  const folders: string[] = [];
  const running: Fixture[] = [];

  function aFolder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'sensorflow-cognito-'));
    folders.push(folder);
    return folder;
  }

  async function start(folder: string, options: Partial<CognitoServerOptions> = {}) {
    const started = await startFixture(folder, options);
    running.push(started);
    return started;
  }

  afterEach(async () => {
    await Promise.all(running.splice(0).map((started) => started.close()));
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  it('survives a restart: pool, keys, clients, users and sessions', async () => {
    const folder = aFolder();
    const shared = fixture;
    const first = await start(folder);
    fixture = first;
    const username = await aUser({ groups: ['admins'] });
    const tokens = await tokensOf(username);
    await first.close();

    const second = await start(folder, { port: first.server.port });
    fixture = second;

    expect(second.pool).toEqual(first.pool);
    expect([second.login, second.machine]).toEqual([first.login, first.machine]);
    expect((await verified(tokens.access))['cognito:groups']).toEqual(['admins']);
    expect((await getUser(tokens.access)).Username).toBe(username);
    expect((await refresh(tokens.refresh, username)).AuthenticationResult).toBeDefined();
    expect((await signIn(username)).AuthenticationResult).toBeDefined();
    fixture = shared;
  });

  it('holds neither passwords nor tokens in plain text, and is the owner’s alone', async () => {
    const username = await aUser({ password: TEMPORARY, permanent: false });
    const session = await challengeSession(username);
    const { refresh: refreshToken, access } = await tokensOf(await aUser());
    await expect(signIn(username, 'Mistyped-Pass-1')).rejects.toThrow('Incorrect');

    const files = readdirSync(dataDir).map((name) => join(dataDir, name));
    const content = Buffer.concat(files.map((file) => readFileSync(file))).toString('latin1');

    expect(content).toContain(username);
    for (const secret of [PASSWORD, TEMPORARY, 'Mistyped-Pass-1', session, refreshToken, access]) {
      expect(content).not.toContain(secret);
    }
    expect(files.map((file) => statSync(file).mode & 0o777)).toEqual(files.map(() => 0o600));
  });

  it('differs from installation to installation', async () => {
    const other = await start(aFolder());

    const keysOf = async (from: Fixture) => (await fetch(from.pool.jwksUri)).text();

    expect(other.pool.id).not.toBe(fixture.pool.id);
    expect(other.login.id).not.toBe(fixture.login.id);
    expect(other.login.secret).not.toBe(fixture.login.secret);
    expect(await keysOf(other)).not.toBe(await keysOf(fixture));
  });

  it('is brought up to date by ensuring again, without new ids and secrets', () => {
    const { pools } = fixture.server;

    const again = pools.ensureClient(fixture.pool.id, {
      name: 'machine',
      generateSecret: true,
      authFlows: [],
      oauthFlows: ['client_credentials'],
      allowedScopes: SCOPES.slice(0, 3),
      accessTokenValiditySeconds: 600,
    });

    expect(again).toEqual({ ...fixture.machine, accessTokenValiditySeconds: 600 });
    expect(() =>
      pools.ensureClient(fixture.pool.id, { name: 'machine', generateSecret: false }),
    ).toThrow('exists with a secret');
  });

  it('has the permanent password last ensured, but keeps one that a user has chosen', async () => {
    const { pools } = fixture.server;
    const permanent = await aUser({ password: 'Earlier-Pass-1' });
    const chosen = await aUser({ password: TEMPORARY, permanent: false });
    await answerChallenge(chosen, await challengeSession(chosen), 'Chosen-Pass-1');

    for (const [username, isPermanent] of [
      [permanent, true],
      [chosen, false],
    ] as const) {
      await pools.ensureUser(fixture.pool.id, {
        username,
        password: PASSWORD,
        permanent: isPermanent,
        groups: [],
      });
    }

    expect((await signIn(permanent)).AuthenticationResult).toBeDefined();
    await expect(signIn(permanent, 'Earlier-Pass-1')).rejects.toThrow('Incorrect');
    expect((await signIn(chosen, 'Chosen-Pass-1')).AuthenticationResult).toBeDefined();
  });

  it('stands under the issuer that the options name', async () => {
    const { pool } = await start(aFolder(), { issuerBaseUrl: 'https://id.example.com/' });

    expect(pool.issuer).toBe(`https://id.example.com/${pool.id}`);
  });
});

describe('the server', () => {
  it('says that a port is taken', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sensorflow-cognito-'));

    const second = startCognitoServer({
      dataDir: folder,
      port: fixture.server.port,
      region: 'eu-central-1',
      credentials: CREDENTIALS,
    });

    await expect(second).rejects.toMatchObject({ code: 'port-in-use' });
    rmSync(folder, { recursive: true });
  });

  it('stops at once when nothing is under way, and stopping twice does no harm', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sensorflow-cognito-'));
    const { server, sdk, pool } = await startFixture(folder);
    await fetch(pool.jwksUri);
    const start = performance.now();

    await Promise.all([server.close(), server.close()]);

    expect(performance.now() - start).toBeLessThan(1000);
    await expect(fetch(pool.jwksUri)).rejects.toThrow('fetch failed');
    sdk.destroy();
    rmSync(folder, { recursive: true });
  });
});
