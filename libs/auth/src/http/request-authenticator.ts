import { Injectable } from '@nestjs/common';
import { DomainError } from '@sensorflow/kernel';
import { refusalOf } from '@sensorflow/platform/http/problem.filter.js';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AccessRecheck } from '../access-recheck.js';
import { ApiKeyDirectory } from '../api-keys/api-key-directory.js';
import { AuditTrail } from '../audit/audit-trail.js';
import type { PresentedToken } from '../auth.service.js';
import { Authentication } from '../authentication.js';
import { BrowserAccess } from '../browser-access.js';
import type { Caller } from '../caller.js';
import { clientNetwork } from '../client-address.js';
import { rateFields, rateLimited, RequestRates } from '../request-rates.js';
import { actorOf } from './audited-request.js';
import { callerOf, isRoutePolicy, rememberCaller, type RoutePolicy } from './auth.decorators.js';
import { authenticationOf, rememberAuthentication } from './current-session.js';
import { keepToEquipment } from './keep-to-equipment.js';
import { missingCredential, missingKey } from './missing-credential.js';
import { presentedCredential, type PresentedCredential } from './presented-credential.js';
import { refuseCrossSite } from './request-origin.js';

const CHALLENGE = 'Bearer realm="SensorFlow"';
/** A body that took so long came too late for a key that was revoked meanwhile: with the 3 s after which this process knows, it is within ten. */
const RECHECK_AFTER_MS = 5_000;

/** Who sent a request, and by which token, if by one. */
interface Identified {
  readonly caller: Caller;
  readonly token?: PresentedToken;
}

/**
 * The only place where it is found out who sent a request and whether the route's policy lets them in. It
 * runs before a body is read: nobody makes us read one before we know who it is from.
 */
@Injectable()
export class RequestAuthenticator extends AccessRecheck {
  constructor(
    private readonly authentication: Authentication,
    private readonly apiKeys: ApiKeyDirectory,
    private readonly rates: RequestRates,
    private readonly trail: AuditTrail,
    private readonly browsers: BrowserAccess,
  ) {
    super();
  }

  override async recheck(request: FastifyRequest): Promise<Caller> {
    const { policy } = request.routeOptions.config;
    const { caller } = await this.identify(this.credentialOf(request));
    if (isRoutePolicy(policy)) assertScope(caller, policy);
    return caller;
  }

  /** For every route with a policy. Call it before the server is ready. */
  authenticateRequests(server: FastifyInstance): void {
    server.addHook('onRequest', (request, reply, done) => {
      const { policy } = request.routeOptions.config;
      const pending = isRoutePolicy(policy) ? this.authenticate(request, reply, policy) : undefined;
      // Fastify waits for one or the other.
      if (!pending) done();
      return pending;
    });
    server.addHook('preHandler', (request, reply, done) => {
      const pending = this.recheckIfSlow(request, reply);
      if (!pending) done();
      return pending;
    });
    server.addHook('onResponse', (request, reply, done) => {
      if (reply.statusCode === 403) this.countHandlersRefusal(request);
      done();
    });
  }

  /** Bodies may take half a minute. */
  private recheckIfSlow(request: FastifyRequest, reply: FastifyReply): Promise<void> | undefined {
    const authentication = authenticationOf(request);
    if (!authentication || performance.now() - authentication.atMs < RECHECK_AFTER_MS) {
      return undefined;
    }
    return this.recheck(request).then(
      () => undefined,
      (error: unknown) => {
        challenge(reply, error, authentication.policy);
        throw error;
      },
    );
  }

  /** What was let in, and whose handler found a right missing: of equipment that only the body names, say. */
  private countHandlersRefusal(request: FastifyRequest): void {
    const caller = callerOf(request);
    if (caller) this.countRefusal(request, caller, refusalOf(request));
  }

  /** Throws, or rejects, for whom the policy keeps out. Undefined when nothing had to be waited for. */
  private authenticate(
    request: FastifyRequest,
    reply: FastifyReply,
    policy: RoutePolicy,
  ): Promise<void> | undefined {
    if (policy === 'public') return undefined;
    void reply.header('cache-control', 'no-store');
    const refuse = (cause: unknown): never => {
      const error = takesKeyInQuery(request) ? asForbidden(cause) : cause;
      challenge(reply, error, policy);
      throw error;
    };
    try {
      const credential = this.credentialOf(request);
      const { kind } = credential;
      const identified = this.identify(credential);
      if (identified instanceof Promise) {
        return identified
          .then((who) => this.letIn(request, reply, kind, who, policy))
          .catch(refuse);
      }
      this.letIn(request, reply, kind, identified, policy);
      return undefined;
    } catch (error) {
      return refuse(error);
    }
  }

  private credentialOf(request: FastifyRequest): PresentedCredential {
    const { cookie } = this.browsers;
    const credential = presentedCredential(request, cookie.name);
    if (credential) return credential;
    throw takesKeyInQuery(request) ? missingKey() : missingCredential(request, cookie);
  }

  /** At once for keys and for tokens that are remembered, as nearly every request brings. */
  private identify({ kind, unverified }: PresentedCredential): Identified | Promise<Identified> {
    if (kind === 'key') return { caller: this.apiKeys.authenticate(unverified) };
    if (kind === 'query-key') {
      const caller = this.apiKeys.authenticate(unverified);
      assertReadsAlone(caller);
      return { caller };
    }
    const verified = this.authentication.recall(unverified);
    if (verified) return identifiedBy({ accessToken: unverified, verified });
    return this.authentication
      .authenticate(unverified)
      .then((token) => identifiedBy({ accessToken: unverified, verified: token }));
  }

  private letIn(
    request: FastifyRequest,
    reply: FastifyReply,
    kind: PresentedCredential['kind'],
    { caller, token }: Identified,
    policy: RoutePolicy,
  ): void {
    this.countRequest(reply, caller);
    try {
      // Only what a browser attaches by itself can be misused by a foreign page.
      if (kind === 'cookie') refuseCrossSite(request, this.browsers);
      assertScope(caller, policy);
      if (caller.equipment && policy !== 'any-scope') keepToEquipment(request, caller.equipment);
    } catch (error) {
      this.countRefusal(request, caller, error);
      throw error;
    }
    rememberCaller(request, caller);
    const atMs = performance.now();
    rememberAuthentication(request, { token, byCookie: kind === 'cookie', policy, atMs });
  }

  /** What is too many is refused before anything else is looked at. */
  private countRequest(reply: FastifyReply, { subject, ratePerMinute }: Caller): void {
    if (ratePerMinute === undefined) return;
    const state = this.rates.take(subject, ratePerMinute);
    const { policy, current } = rateFields(state);
    void reply.header('ratelimit-policy', policy).header('ratelimit', current);
    if (state.isExceeded) throw rateLimited(state);
  }

  private countRefusal(request: FastifyRequest, caller: Caller, error: unknown): void {
    if (!(error instanceof DomainError)) return;
    this.trail.count({
      actor: actorOf(caller),
      action: 'request',
      target: `${request.method} ${request.routeOptions.url ?? ''}`,
      address: clientNetwork(request.ip),
      outcome: error.code,
    });
  }
}

function assertScope(caller: Caller, policy: RoutePolicy): void {
  if (typeof policy !== 'object' || policy.some((scope) => caller.scopes.has(scope))) return;
  const needed = `This needs the scope ${policy.join(' or ')}.`;
  throw new DomainError('forbidden', 'insufficient-scope', needed);
}

function takesKeyInQuery(request: FastifyRequest): boolean {
  return request.routeOptions.config.credentials === 'key-in-query';
}

/** Clients of WebSockets know one refusal of a handshake. */
function asForbidden(error: unknown): unknown {
  if (!(error instanceof DomainError) || error.kind !== 'unauthenticated') return error;
  return new DomainError('forbidden', error.code, error.message, { cause: error });
}

/** Queries get into the logs of proxies: what gets out there must not write. */
function assertReadsAlone({ scopes }: Caller): void {
  if ([...scopes].every((scope) => scope === 'sensorflow/read')) return;
  throw new DomainError(
    'forbidden',
    'key-not-for-query',
    'In a query string, which proxies log, only a key with sensorflow/read alone is taken. Send this one in X-API-Key, or make one for reading.',
  );
}

function identifiedBy(token: PresentedToken): Identified {
  return { caller: token.verified.caller, token };
}

/** RFC 6750 §3: what the caller lacks, in the header where clients look for it. */
function challenge(reply: FastifyReply, error: unknown, policy: RoutePolicy): void {
  if (!(error instanceof DomainError)) return;
  if (error.kind === 'unauthenticated') {
    const { code, message } = error;
    const found = `, error="invalid_token", error_description="${inQuotes(message)}"`;
    const wasSent = code !== 'unauthenticated';
    void reply.header('www-authenticate', `${CHALLENGE}${wasSent ? found : ''}`);
  }
  if (error.code === 'insufficient-scope') {
    // Several in this attribute would all be needed; the first is enough.
    const what = `error="insufficient_scope", scope="${policy[0]}"`;
    void reply.header('www-authenticate', `${CHALLENGE}, ${what}`);
  }
}

/** RFC 6750 §3: printable ASCII without quotes and backslashes. */
function inQuotes(text: string): string {
  return text.replaceAll('"', "'").replaceAll(/[^ !#-[\]-~]/g, '?');
}
