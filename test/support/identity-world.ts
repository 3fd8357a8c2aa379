import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCognitoServer } from '../../apps/local/src/cognito/cognito-server.js';
import { startAuthApp, type Answer, type AuthApp, type AuthAppOptions } from './auth-app.js';
import { startSessionsTable } from './sessions-table.js';

const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

/** A user pool, a sessions table, and as many processes of the auth module as a test wants. */
export async function startIdentityWorld() {
  const folder = mkdtempSync(join(tmpdir(), 'sensorflow-identity-'));
  const cognito = await startCognitoServer({
    dataDir: folder,
    port: 0,
    region: 'local',
    credentials: CREDENTIALS,
  });
  const table = await startSessionsTable();
  const pool = await cognito.pools.ensurePool('sensorflow');
  for (const group of ['viewers', 'operators', 'admins']) cognito.pools.ensureGroup(pool.id, group);
  const client = cognito.pools.ensureClient(pool.id, {
    name: 'web',
    generateSecret: true,
    authFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    oauthFlows: [],
    allowedScopes: [],
  });
  const sdk = clientOf(cognito.url);
  const apps: AuthApp[] = [];
  return {
    cognito,
    pool,
    sdk,
    addUser: (username: string, password: string, permanent = true) =>
      cognito.pools.ensureUser(pool.id, { username, password, permanent, groups: ['admins'] }),
    startApp: async (options: Partial<AuthAppOptions> = {}) => {
      const app = await startAuthApp({
        dynamoDb: table.client,
        sessionsTableName: table.name,
        cognito: sdk,
        userPoolId: pool.id,
        clientId: client.id,
        clientSecret: client.secret ?? '',
        issuers: [pool.issuer],
        jwksUri: pool.jwksUri,
        machineClientIds: [],
        behindProxy: true,
        ...options,
      });
      apps.push(app);
      return app;
    },
    close: async () => {
      for (const app of apps) await app.close();
      sdk.destroy();
      await cognito.close();
      await table.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export type IdentityWorld = Awaited<ReturnType<typeof startIdentityWorld>>;

export function clientOf(endpoint: string): CognitoIdentityProviderClient {
  return new CognitoIdentityProviderClient({
    endpoint,
    region: 'local',
    credentials: CREDENTIALS,
    maxAttempts: 1,
  });
}

/** The Cookie header that a browser would send back. */
export function sessionOf(answer: Answer): { cookie: string } {
  const [line = ''] = [answer.headers['set-cookie'] ?? []].flat();
  return { cookie: line.split(';')[0] ?? '' };
}
