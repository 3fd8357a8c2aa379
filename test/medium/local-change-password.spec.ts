import {
  ChangePasswordCommand,
  GetUserCommand,
  InitiateAuthCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AppClient } from '../../apps/local/src/cognito/app-client.js';
import { startIdentityWorld, type IdentityWorld } from '../support/identity-world.js';

const CURRENT = 'Correct:Horse-1';
const BETTER = 'Battery-Staple-2';

let world: IdentityWorld;
let client: AppClient;
let users = 0;

beforeAll(async () => {
  world = await startIdentityWorld();
  client = world.cognito.pools.ensureClient(world.pool.id, {
    name: 'public',
    generateSecret: false,
    authFlows: ['ALLOW_USER_PASSWORD_AUTH'],
    oauthFlows: [],
    allowedScopes: [],
  });
});

afterAll(async () => {
  await world.close();
});

async function signIn(username: string, password: string): Promise<string> {
  const { AuthenticationResult: result } = await world.sdk.send(
    new InitiateAuthCommand({
      AuthFlow: 'USER_PASSWORD_AUTH',
      ClientId: client.id,
      AuthParameters: { USERNAME: username, PASSWORD: password },
    }),
  );
  return result?.AccessToken ?? '';
}

async function aSignedInUser() {
  users += 1;
  const username = `user-${users}`;
  await world.addUser(username, CURRENT);
  return { username, accessToken: await signIn(username, CURRENT) };
}

function change(accessToken: string, current: string, proposed: string) {
  return world.sdk.send(
    new ChangePasswordCommand({
      AccessToken: accessToken,
      PreviousPassword: current,
      ProposedPassword: proposed,
    }),
  );
}

describe('ChangePassword', () => {
  it('replaces the password and leaves tokens valid, as in AWS', async () => {
    const { username, accessToken } = await aSignedInUser();

    await change(accessToken, CURRENT, BETTER);

    await expect(signIn(username, CURRENT)).rejects.toThrow('Incorrect username or password.');
    expect(await signIn(username, BETTER)).not.toBe('');
    const user = await world.sdk.send(new GetUserCommand({ AccessToken: accessToken }));
    expect(user.Username).toBe(username);
  });

  it('needs the current password, and counts wrong ones as a sign-in does', async () => {
    const { username, accessToken } = await aSignedInUser();

    for (let index = 0; index < 5; index += 1) {
      await expect(change(accessToken, 'Wrong-Password-1', BETTER)).rejects.toMatchObject({
        name: 'NotAuthorizedException',
      });
    }

    await expect(signIn(username, CURRENT)).rejects.toThrow('Password attempts exceeded');
  });

  it('holds the policy', async () => {
    const { username, accessToken } = await aSignedInUser();

    await expect(change(accessToken, CURRENT, 'weak')).rejects.toMatchObject({
      name: 'InvalidPasswordException',
    });

    expect(await signIn(username, CURRENT)).not.toBe('');
  });

  it('is refused to a disabled user and to whatever is no access token', async () => {
    const { username, accessToken } = await aSignedInUser();
    world.cognito.pools.setUserEnabled(world.pool.id, username, false);

    for (const token of [accessToken, 'no token', `${accessToken}x`]) {
      await expect(change(token, CURRENT, BETTER)).rejects.toMatchObject({
        name: 'NotAuthorizedException',
      });
    }
  });
});
