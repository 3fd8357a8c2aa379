import { type Clock, DomainError, SystemClock } from '@sensorflow/kernel';
import type { Credentials } from '../aws-signature/verify-signature.js';
import { startLoopbackServer, type RunningServer } from '../http/loopback-server.js';
import { Administrators } from './administrators.js';
import { AdminOperations } from './admin-operations.js';
import { AuthOperations } from './auth-operations.js';
import { CognitoDatabase } from './cognito-database.js';
import { CognitoRoutes } from './cognito-routes.js';
import { JsonApi } from './json-api.js';
import { NewPasswordChallenge } from './new-password-challenge.js';
import { PasswordChange } from './password-change.js';
import { PasswordCheck } from './password-check.js';
import { PoolAdministration } from './pool-administration.js';
import { PoolStore } from './pool-store.js';
import { SignInStore } from './sign-in-store.js';
import { TokenEndpoint } from './token-endpoint.js';
import { TokenSigner } from './token-signer.js';
import { UserAdministration } from './user-administration.js';
import { UserPools } from './user-pools.js';
import { UserSessions } from './user-sessions.js';
import { UserStore } from './user-store.js';

export interface CognitoServerOptions {
  /** Everything is kept in `<dataDir>/cognito.db`. */
  readonly dataDir: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly region: string;
  /** Whose signature lets administer pools and users. */
  readonly credentials: Credentials;
  /** Stands in `iss` before the pool's id; unless set, the server's own URL. */
  readonly issuerBaseUrl?: string;
  readonly clock?: Clock;
  /** Hears of errors that are the emulator's own; they are answered with 500. */
  readonly reportFault?: (error: unknown) => void;
}

export interface RunningCognitoServer {
  readonly port: number;
  readonly url: string;
  readonly pools: UserPools;
  /** Lets requests under way finish, for at most a second. May be called twice. */
  close(): Promise<void>;
}

const REQUEST_TIMEOUT_MS = 10_000;

/**
 * Starts the Cognito emulator of the embedded stack (development only). It has no SRP, MFA, login pages
 * or mail. Throws DomainError `port-in-use`.
 */
export async function startCognitoServer(
  options: CognitoServerOptions,
): Promise<RunningCognitoServer> {
  const composed = Promise.withResolvers<CognitoRoutes>();
  const server = await listen(options.port, composed.promise);
  try {
    const database = CognitoDatabase.open(options.dataDir);
    const { routes, pools } = compose(database, server.url, options);
    composed.resolve(routes);
    return { port: server.port, url: server.url, pools, close: closeOnce(server, database) };
  } catch (error) {
    await server.close();
    throw error;
  }
}

function compose(
  database: CognitoDatabase,
  url: string,
  options: CognitoServerOptions,
): { readonly routes: CognitoRoutes; readonly pools: UserPools } {
  const clock = options.clock ?? new SystemClock();
  const pools = new PoolStore(database);
  const users = new UserStore(database);
  const signIns = new SignInStore(database);
  // super-linear, but for an address of ours
  const issuerBaseUrl = (options.issuerBaseUrl ?? url).replace(/\/+$/, '');
  const signer = new TokenSigner(pools, clock, issuerBaseUrl);
  const poolAdministration = new PoolAdministration(pools, clock, options.region);
  const stores = { pools, users, signIns };
  const userAdministration = new UserAdministration(poolAdministration, stores, clock);
  const passwords = new PasswordCheck(users, signIns, clock);
  const auth = new AuthOperations({
    pools,
    signIns,
    passwords,
    passwordChange: new PasswordChange(users, passwords, clock),
    challenges: new NewPasswordChallenge(users, signIns, clock),
    sessions: new UserSessions(users, signIns, signer, clock),
  });
  const admin = new AdminOperations(poolAdministration, userAdministration);
  const iamOperations = { ...auth.iamOperations, ...admin.iamOperations };
  const routes = new CognitoRoutes({
    jsonApi: new JsonApi(auth.publicOperations, iamOperations, new Administrators(options)),
    tokenEndpoint: new TokenEndpoint(pools, signer, clock),
    signer,
    pools,
    url,
    reportFault: options.reportFault ?? (() => undefined),
  });
  return { routes, pools: new UserPools(poolAdministration, userAdministration, pools, signer) };
}

/** Listens first, because the routes tell the port. */
async function listen(on: number, routes: Promise<CognitoRoutes>): Promise<RunningServer> {
  const server = { on, requestTimeoutMs: REQUEST_TIMEOUT_MS };
  try {
    return await startLoopbackServer(server, async (request, response) =>
      (await routes).answer(request, response),
    );
  } catch (cause) {
    const detail = `Cognito cannot listen on port ${on}; is it taken?`;
    throw new DomainError('conflict', 'port-in-use', detail, { cause });
  }
}

function closeOnce(server: RunningServer, database: CognitoDatabase): () => Promise<void> {
  let closed: Promise<void> | undefined;
  return () => (closed ??= server.close().then(() => database.close()));
}
