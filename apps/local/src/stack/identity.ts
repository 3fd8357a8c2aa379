import type { RunningCognitoServer } from '../cognito/cognito-server.js';
import { CannotStartError } from './options.js';

/** The users and clients of the embedded stack, as the API and its first caller need to know them. */
export interface Identity {
  readonly issuer: string;
  readonly jwksUri: string;
  readonly webClient: { readonly id: string; readonly secret: string };
  readonly machineClient: { readonly id: string; readonly secret: string };
  readonly user: { readonly username: string; readonly password: string };
}

const SCOPES = ['read', 'write', 'import', 'admin'] as const;
export const RESOURCE_SERVER = 'sensorflow';
export const ALL_SCOPES = SCOPES.map((scope) => `${RESOURCE_SERVER}/${scope}`);

/** Makes what is missing of the pool; repeating it changes nothing. */
export async function ensureIdentity(
  cognito: RunningCognitoServer,
  demoPassword: string,
): Promise<Identity> {
  const { pools } = cognito;
  const pool = await pools.ensurePool('sensorflow');
  for (const group of ['viewers', 'operators', 'admins']) pools.ensureGroup(pool.id, group);
  pools.ensureResourceServer(pool.id, RESOURCE_SERVER, SCOPES);
  const web = pools.ensureClient(pool.id, {
    name: 'web',
    generateSecret: true,
    authFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    oauthFlows: [],
    allowedScopes: [],
  });
  const machine = pools.ensureClient(pool.id, {
    name: 'machine',
    generateSecret: true,
    authFlows: [],
    oauthFlows: ['client_credentials'],
    allowedScopes: ALL_SCOPES,
  });
  const user = { username: 'demo', password: demoPassword };
  await pools.ensureUser(pool.id, { ...user, groups: ['admins'], permanent: true });
  return {
    issuer: pool.issuer,
    jwksUri: pool.jwksUri,
    webClient: { id: web.id, secret: secretOf(web.secret) },
    machineClient: { id: machine.id, secret: secretOf(machine.secret) },
    user,
  };
}

function secretOf(secret: string | undefined): string {
  if (secret === undefined)
    throw new CannotStartError('A client of the pool lost its secret; start with --reset.');
  return secret;
}
