import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  Logger,
  Module,
  type DynamicModule,
  type OnApplicationShutdown,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { APP_GUARD, DiscoveryModule } from '@nestjs/core';
import { PassportModule } from '@nestjs/passport';
import { Clock, SystemClock } from '@sensorflow/kernel';
import { errorNames } from '@sensorflow/platform/logging/loggable-error.js';
import { GROUPS } from '@sensorflow/platform/resources/identity.js';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { AccessTokenVerifier } from './access-token-verifier.js';
import { AccessRecheck } from './access-recheck.js';
import { ApiKeyDirectory } from './api-keys/api-key-directory.js';
import { ApiKeyStore } from './api-keys/api-key-store.js';
import { ApiKeys } from './api-keys/api-keys.js';
import { LastUses } from './api-keys/last-uses.js';
import { AttemptCounter } from './attempt-counter.js';
import { AuditStore } from './audit/audit-store.js';
import { AuditTrail } from './audit/audit-trail.js';
import { AuthReadiness } from './auth-readiness.js';
import { AuthService } from './auth.service.js';
import { Authentication } from './authentication.js';
import {
  CognitoIdentityProvider,
  type CognitoClients,
} from './cognito/cognito-identity-provider.js';
import { CognitoPeople } from './cognito/cognito-people.js';
import { JwksKeySet } from './cognito/jwks-key-set.js';
import { JwtAuthGuard } from './cognito/jwt-auth.guard.js';
import { JwtStrategy } from './cognito/jwt.strategy.js';
import { PassportTokenVerifier } from './cognito/passport-token-verifier.js';
import { DynamoDbApiKeyStore } from './dynamodb/dynamodb-api-key-store.js';
import { LimitedConnections } from './connections/limited-connections.js';
import { DynamoDbAuditStore } from './dynamodb/dynamodb-audit-store.js';
import { DynamoDbAttemptCounter } from './dynamodb/dynamodb-attempt-counter.js';
import { DynamoDbConnectionPlaces } from './dynamodb/dynamodb-connection-places.js';
import { DynamoDbKnownNetworks } from './dynamodb/dynamodb-known-networks.js';
import { DynamoDbEndedSessionStore } from './dynamodb/dynamodb-ended-session-store.js';
import { BrowserAccess } from './browser-access.js';
import { EndedSessionStore } from './ended-session-store.js';
import { EndedSessions } from './ended-sessions.js';
import { AccessGuard } from './http/access.guard.js';
import { ApiKeysController } from './http/api-keys.controller.js';
import { AuditController } from './http/audit.controller.js';
import { AuthController } from './http/auth.controller.js';
import { RequestAuthenticator } from './http/request-authenticator.js';
import { PeopleController } from './http/people.controller.js';
import { IdentityProvider } from './identity-provider.js';
import { KnownNetworks } from './known-networks.js';
import { LoginThrottle } from './login-throttle.js';
import { PeopleDirectory } from './people/people-directory.js';
import { People } from './people/people.js';
import { RequestRates } from './request-rates.js';
import { SessionCookie } from './session-cookie.js';
import { ThrottledSignIn } from './sign-in.js';
import type { TokenPolicy } from './token-claims.js';

const LAST_FLUSH_MS = 1000;

export interface AuthModuleOptions {
  readonly dynamoDb: DynamoDBClient;
  readonly sessionsTableName: string;
  readonly cognito: CognitoClients;
  readonly userPoolId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly issuers: readonly string[];
  readonly jwksUri: string;
  readonly machineClientIds: readonly string[];
  /** Requests of each machine client in a minute; undefined for any number. */
  readonly machineRatePerMinute: number | undefined;
  /** An exact origin of our own site, or undefined for none. */
  readonly frontendOrigin: string | undefined;
  /** Secure unless said. */
  readonly sessionCookie?: SessionCookie;
  readonly clock?: Clock;
}

/** Puts identity together: no route of the application runs for a request that it did not let in. */
@Module({})
export class AuthModule implements OnModuleInit, OnApplicationShutdown {
  constructor(
    private readonly keys: JwksKeySet,
    private readonly endedSessions: EndedSessions,
    private readonly apiKeys: ApiKeyDirectory,
    private readonly trail: AuditTrail,
    private readonly connections: LimitedConnections,
  ) {}

  static register(options: AuthModuleOptions): DynamicModule {
    const strategy = `jwt-${randomUUID()}`;
    return {
      module: AuthModule,
      imports: [DiscoveryModule, PassportModule.register({ defaultStrategy: strategy })],
      controllers: [AuthController, ApiKeysController, AuditController, PeopleController],
      providers: [
        ...tokenProviders(options, strategy),
        ...sessionProviders(options),
        ...signInProviders(options),
        ...apiKeyProviders(options),
        ...auditProviders(options),
        ...peopleProviders(options),
        {
          provide: BrowserAccess,
          useValue: new BrowserAccess(
            options.frontendOrigin,
            options.sessionCookie ?? SessionCookie.secure(),
          ),
        },
        RequestAuthenticator,
        { provide: AccessRecheck, useExisting: RequestAuthenticator },
        { provide: APP_GUARD, useClass: AccessGuard },
      ],
      exports: [
        RequestAuthenticator,
        AccessRecheck,
        AuthReadiness,
        Authentication,
        BrowserAccess,
        LimitedConnections,
      ],
    };
  }

  /** One attempt at each before the server listens; after that they go on in the background. */
  async onModuleInit(): Promise<void> {
    await Promise.all([this.keys.start(), this.endedSessions.start(), this.apiKeys.start()]);
  }

  /** Not earlier: the requests that are being drained still need a fresh view. */
  async onApplicationShutdown(): Promise<void> {
    this.keys.stop();
    this.endedSessions.stop();
    this.apiKeys.stop();
    // A store that is out must not hold up the end of the process.
    const last = Promise.all([this.trail.flush(), this.connections.stop()]);
    await Promise.race([last, delay(LAST_FLUSH_MS, undefined, { ref: false })]);
  }
}

function tokenProviders(options: AuthModuleOptions, name: string): Provider[] {
  const { jwksUri, clock = new SystemClock() } = options;
  const issuers = new Set(options.issuers);
  const policy: TokenPolicy = {
    clientId: options.clientId,
    machineClientIds: new Set(options.machineClientIds),
    issuers,
    machineRatePerMinute: options.machineRatePerMinute,
  };
  return [
    {
      provide: JwksKeySet,
      useFactory: () => new JwksKeySet(jwksUri, clock, warn('the signing keys were not refreshed')),
    },
    {
      provide: JwtStrategy,
      inject: [JwksKeySet],
      useFactory: (keys: JwksKeySet) =>
        new JwtStrategy({ name, jwksUri, issuers, signingKeys: () => keys.all() }),
    },
    JwtAuthGuard,
    {
      provide: AccessTokenVerifier,
      inject: [JwksKeySet, JwtAuthGuard],
      useFactory: (keys: JwksKeySet, guard: JwtAuthGuard) =>
        new PassportTokenVerifier(keys, policy, guard, clock),
    },
    {
      provide: Authentication,
      inject: [AccessTokenVerifier, IdentityProvider, EndedSessions],
      useFactory: (
        verifier: AccessTokenVerifier,
        provider: IdentityProvider,
        ended: EndedSessions,
      ) => new Authentication(verifier, provider, ended, clock),
    },
    {
      provide: AuthReadiness,
      inject: [JwksKeySet, EndedSessions, ApiKeyDirectory],
      useFactory: (keys: JwksKeySet, ended: EndedSessions, apiKeys: ApiKeyDirectory) =>
        new AuthReadiness(keys, ended, apiKeys),
    },
  ];
}

function sessionProviders(options: AuthModuleOptions): Provider[] {
  const { dynamoDb, sessionsTableName, clock = new SystemClock() } = options;
  return [
    {
      provide: EndedSessionStore,
      useFactory: () => new DynamoDbEndedSessionStore(dynamoDb, sessionsTableName),
    },
    {
      provide: EndedSessions,
      inject: [EndedSessionStore],
      useFactory: (store: EndedSessionStore) =>
        new EndedSessions(store, clock, warn('the ended sessions were not refreshed')),
    },
  ];
}

function apiKeyProviders(options: AuthModuleOptions): Provider[] {
  const { dynamoDb, sessionsTableName, clock = new SystemClock() } = options;
  return [
    {
      provide: ApiKeyStore,
      useFactory: () => new DynamoDbApiKeyStore(dynamoDb, sessionsTableName),
    },
    {
      provide: ApiKeyDirectory,
      inject: [ApiKeyStore],
      useFactory: (store: ApiKeyStore) =>
        new ApiKeyDirectory(
          store,
          clock,
          new LastUses(
            clock,
            (keyId, usedAt) => store.recordUse(keyId, usedAt),
            warn('the last use of an API key was not recorded'),
          ),
          warn('the API keys were not refreshed'),
        ),
    },
    {
      provide: ApiKeys,
      inject: [ApiKeyStore, ApiKeyDirectory],
      useFactory: (store: ApiKeyStore, directory: ApiKeyDirectory) =>
        new ApiKeys(store, directory, clock),
    },
    {
      provide: LimitedConnections,
      useFactory: () =>
        new LimitedConnections(
          new DynamoDbConnectionPlaces(dynamoDb, sessionsTableName),
          clock,
          warn('a live connection was not counted'),
        ),
    },
  ];
}

function auditProviders(options: AuthModuleOptions): Provider[] {
  const { dynamoDb, sessionsTableName, clock = new SystemClock() } = options;
  return [
    { provide: Clock, useValue: clock },
    { provide: RequestRates, useFactory: () => new RequestRates(clock) },
    { provide: AuditStore, useFactory: () => new DynamoDbAuditStore(dynamoDb, sessionsTableName) },
    {
      provide: AuditTrail,
      inject: [AuditStore],
      useFactory: (store: AuditStore) =>
        new AuditTrail(store, clock, warn('the audit trail was not written')),
    },
  ];
}

function peopleProviders({ cognito, userPoolId }: AuthModuleOptions): Provider[] {
  return [
    {
      provide: PeopleDirectory,
      useFactory: () => new CognitoPeople(cognito.administration, userPoolId),
    },
    {
      provide: People,
      inject: [PeopleDirectory, EndedSessions],
      useFactory: (directory: PeopleDirectory, ended: EndedSessions) =>
        new People(directory, ended, GROUPS),
    },
  ];
}

function signInProviders(options: AuthModuleOptions): Provider[] {
  const { dynamoDb, sessionsTableName, clock = new SystemClock() } = options;
  return [
    {
      provide: AttemptCounter,
      useFactory: () => new DynamoDbAttemptCounter(dynamoDb, sessionsTableName),
    },
    {
      provide: KnownNetworks,
      useFactory: () => new DynamoDbKnownNetworks(dynamoDb, sessionsTableName),
    },
    {
      provide: IdentityProvider,
      useFactory: () =>
        new CognitoIdentityProvider(options.cognito, options.clientId, options.clientSecret),
    },
    {
      provide: ThrottledSignIn,
      inject: [IdentityProvider, AttemptCounter, KnownNetworks],
      useFactory: (provider: IdentityProvider, counter: AttemptCounter, networks: KnownNetworks) =>
        new ThrottledSignIn(
          provider,
          new LoginThrottle(counter, networks, clock),
          warn('a login was not counted as it ended'),
        ),
    },
    {
      provide: AuthService,
      inject: [ThrottledSignIn, IdentityProvider, AccessTokenVerifier, EndedSessions],
      useFactory: (
        signIn: ThrottledSignIn,
        provider: IdentityProvider,
        verifier: AccessTokenVerifier,
        ended: EndedSessions,
      ) => new AuthService(signIn, provider, verifier, ended),
    },
  ];
}

function warn(what: string): (error: unknown) => void {
  const logger = new Logger('Auth');
  return (error) => logger.warn(`${what}: ${errorNames(error)}`);
}
