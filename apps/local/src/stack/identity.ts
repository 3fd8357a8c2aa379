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

/** The users and clients of the embedded stack, as the API and its first caller need to know them. */
export interface Identity {
  readonly userPoolId: string;
  readonly issuer: string;
  readonly jwksUri: string;
  readonly webClient: { readonly id: string; readonly secret: string };
  readonly machineClient: { readonly id: string; readonly secret: string };
  readonly user: { readonly username: string; readonly password: string };
}

/** Makes what is missing of the pool; repeating it changes nothing. */
export async function ensureIdentity(
  cognito: RunningCognitoServer,
  demoPassword: string,
): Promise<Identity> {
  const { pools } = cognito;
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
  const machine = pools.ensureClient(pool.id, {
    name: 'machine',
    generateSecret: true,
    authFlows: [],
    oauthFlows: [MACHINE_CLIENT_OAUTH_FLOW],
    allowedScopes: ALL_SCOPES,
    accessTokenValiditySeconds: 60 * TOKEN_MINUTES,
  });
  const user = { username: 'demo', password: demoPassword };
  await pools.ensureUser(pool.id, { ...user, groups: ['admins'], permanent: true });
  return {
    userPoolId: pool.id,
    issuer: pool.issuer,
    jwksUri: pool.jwksUri,
    webClient: { id: web.id, secret: secretOf(web.secret) },
    machineClient: { id: machine.id, secret: secretOf(machine.secret) },
    user,
  };
}

function secretOf(secret: string | undefined): string {
  if (secret === undefined)
    throw new CannotStartError(
      'A client of the pool lost its secret: restore a backup (npm run restore).',
    );
  return secret;
}
