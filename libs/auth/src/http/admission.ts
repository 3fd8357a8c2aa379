import { Injectable } from '@nestjs/common';
import { DomainError } from '@sensorflow/kernel';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Authentication } from '../authentication.js';
import { FrontendOrigin } from '../frontend-origin.js';
import type { PresentedToken } from '../sessions.js';
import { isRoutePolicy, rememberCaller, type RoutePolicy } from './auth.decorators.js';
import { rememberSession, wasAdmitted, type PresentedTokens } from './current-session.js';
import { presentedCredentials, type PresentedCredentials } from './presented-credentials.js';
import { refuseCrossSite } from './request-origin.js';

const CHALLENGE = 'Bearer realm="SensorFlow"';

/** Decides whether a request may go on to its route, and remembers who sent it. */
@Injectable()
export class Admission {
  constructor(
    private readonly authentication: Authentication,
    private readonly frontend: FrontendOrigin,
  ) {}

  /** Lets nobody make us read a body before we know who it is from. Call it before the server is ready. */
  admitBeforeBody(server: FastifyInstance): void {
    server.addHook('onRequest', (request, reply, done) => {
      const { policy } = request.routeOptions.config;
      const admitted = isRoutePolicy(policy) ? this.admit(request, reply, policy) : undefined;
      // Fastify waits for one or the other.
      if (!admitted) done();
      return admitted;
    });
  }

  /**
   * Throws, or rejects, for whom the policy keeps out. Undefined when the request is admitted already:
   * repeating it for such a request changes nothing.
   */
  admit(
    request: FastifyRequest,
    reply: FastifyReply,
    policy: RoutePolicy,
  ): Promise<void> | undefined {
    if (policy === 'public' || wasAdmitted(request, policy)) return undefined;
    void reply.header('cache-control', 'no-store');
    const refuse = (error: unknown): never => {
      challenge(reply, error, policy);
      throw error;
    };
    try {
      const presented = presentedCredentials(request);
      const remembered = this.recall(presented);
      if (!remembered) return this.identifyAndGrant(request, presented, policy).catch(refuse);
      grant(request, remembered, policy);
      return undefined;
    } catch (error) {
      return refuse(error);
    }
  }

  /** What nearly every request of a machine brings: a remembered bearer token alone. */
  private recall({ bearer, cookie }: PresentedCredentials): PresentedTokens | undefined {
    if (bearer === undefined || cookie !== undefined) return undefined;
    const verified = this.authentication.recall(bearer);
    return verified && [{ accessToken: bearer, verified }];
  }

  private async identifyAndGrant(
    request: FastifyRequest,
    presented: PresentedCredentials,
    policy: RoutePolicy,
  ): Promise<void> {
    grant(request, await this.identify(request, presented), policy);
  }

  private async identify(
    request: FastifyRequest,
    presented: PresentedCredentials,
  ): Promise<PresentedTokens> {
    if (presented.bearer !== undefined) {
      const bearer = await this.verify(presented.bearer);
      const cookie = await this.verifyBesideBearer(presented.cookie);
      if (!cookie) return [bearer];
      refuseDifferentSubjects(bearer, cookie);
      return [bearer, cookie];
    }
    if (presented.cookie === undefined) {
      throw new DomainError('unauthenticated', 'unauthenticated', 'Log in, or send a token.');
    }
    const cookie = await this.verify(presented.cookie);
    // Only what a browser attaches by itself can be misused by a foreign page.
    refuseCrossSite(request, this.frontend);
    return [cookie];
  }

  private async verify(accessToken: string): Promise<PresentedToken> {
    return { accessToken, verified: await this.authentication.authenticate(accessToken) };
  }

  /** A cookie that is no longer valid says nothing about who is calling; the bearer token does. */
  private async verifyBesideBearer(token: string | undefined): Promise<PresentedToken | undefined> {
    try {
      return token === undefined ? undefined : await this.verify(token);
    } catch (error) {
      if (error instanceof DomainError && error.kind === 'unauthenticated') return undefined;
      throw error;
    }
  }
}

function grant(request: FastifyRequest, tokens: PresentedTokens, policy: RoutePolicy): void {
  const { caller } = tokens[0].verified;
  if (typeof policy === 'object' && !policy.some((scope) => caller.scopes.has(scope))) {
    const needed = `This needs the scope ${policy.join(' or ')}.`;
    throw new DomainError('forbidden', 'insufficient-scope', needed);
  }
  rememberCaller(request, caller);
  rememberSession(request, tokens, policy);
}

function refuseDifferentSubjects(bearer: PresentedToken, cookie: PresentedToken): void {
  if (bearer.verified.caller.subject === cookie.verified.caller.subject) return;
  throw new DomainError(
    'invalid',
    'ambiguous-credentials',
    'The bearer token and the session cookie belong to different callers.',
  );
}

/** RFC 6750 §3: what the caller lacks, in the header where clients look for it. */
function challenge(reply: FastifyReply, error: unknown, policy: RoutePolicy): void {
  if (!(error instanceof DomainError)) return;
  if (error.code === 'unauthenticated') void reply.header('www-authenticate', CHALLENGE);
  if (error.code === 'invalid-token') {
    void reply.header('www-authenticate', `${CHALLENGE}, error="invalid_token"`);
  }
  if (error.code === 'insufficient-scope') {
    // Several in this attribute would all be needed; the first is enough.
    const what = `error="insufficient_scope", scope="${policy[0]}"`;
    void reply.header('www-authenticate', `${CHALLENGE}, ${what}`);
  }
}
