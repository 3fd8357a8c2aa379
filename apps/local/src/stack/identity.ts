import {
  ALL_SCOPES,
  GROUPS,
  MACHINE_CLIENT_OAUTH_FLOW,
  RESOURCE_SERVER,
  SCOPE_NAMES,
  TOKEN_MINUTES,
  WEB_CLIENT_AUTH_FLOWS,
} from '@sensorflow/platform/resources/identity.js';
import type { RunningCognitoServer } from '../cognito/cognito-server.js';
import { CannotStartError } from './options.js';

export const DEMO_USERNAME = 'demo';

/** The pool of the embedded stack, and the client that people log in through. */
export interface PoolIdentity {
  readonly userPoolId: string;
  readonly issuer: string;
  readonly jwksUri: string;
  readonly webClient: ClientIdentity;
}

export interface ClientIdentity {
  readonly id: string;
  readonly secret: string;
}

/** The same with its first callers, as the API and whoever tries it need to know them. */
export interface Identity extends PoolIdentity {
  readonly machineClient: ClientIdentity;
  readonly user: { readonly username: string; readonly password: string };
}

/** Makes what is missing of the pool and its demonstration; repeating it changes nothing. */
export async function ensureIdentity(
  cognito: RunningCognitoServer,
  demoPassword: string,
): Promise<Identity> {
  const pool = await ensurePool(cognito);
  const machineClient = ensureMachineClient(cognito, pool.userPoolId, 'machine');
  const user = { username: DEMO_USERNAME, password: demoPassword };
  await cognito.pools.ensureUser(pool.userPoolId, { ...user, groups: ['admins'], permanent: true });
  return { ...pool, machineClient, user };
}

/** Makes what is missing of the pool, without its callers. */
export async function ensurePool({ pools }: RunningCognitoServer): Promise<PoolIdentity> {
  const pool = await pools.ensurePool('sensorflow');
  for (const group of GROUPS) pools.ensureGroup(pool.id, group);
  pools.ensureResourceServer(pool.id, RESOURCE_SERVER, SCOPE_NAMES);
  const web = pools.ensureClient(pool.id, {
    name: 'web',
    generateSecret: true,
    authFlows: WEB_CLIENT_AUTH_FLOWS,
    oauthFlows: [],
    allowedScopes: [],
    accessTokenValiditySeconds: 60 * TOKEN_MINUTES,
  });
  return {
    userPoolId: pool.id,
    issuer: pool.issuer,
    jwksUri: pool.jwksUri,
    webClient: { id: web.id, secret: secretOf(web.secret) },
  };
}

/** A machine client with every scope, known again by its name. */
export function ensureMachineClient(
  { pools }: RunningCognitoServer,
  poolId: string,
  name: string,
): ClientIdentity {
  const { id, secret } = pools.ensureClient(poolId, {
    name,
    generateSecret: true,
    authFlows: [],
    oauthFlows: [MACHINE_CLIENT_OAUTH_FLOW],
    allowedScopes: ALL_SCOPES,
    accessTokenValiditySeconds: 60 * TOKEN_MINUTES,
  });
  return { id, secret: secretOf(secret) };
}

function secretOf(secret: string | undefined): string {
  if (secret === undefined)
    throw new CannotStartError(
      'The secret of a client in the user pool is lost. Restore a backup (npm run restore).',
    );
  return secret;
}
