import { Injectable, Logger, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { DomainError } from '@sensorflow/kernel';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Authentication } from '../authentication.js';
import { FrontendOrigin } from '../frontend-origin.js';
import type { PresentedToken } from '../sessions.js';
import { DeclaredPolicy, rememberCaller, type RoutePolicy } from './auth.decorators.js';
import { rememberSession, type PresentedTokens } from './current-session.js';
import { presentedCredentials } from './presented-credentials.js';
import { refuseCrossSite } from './request-origin.js';

const CHALLENGE = 'Bearer realm="SensorFlow"';

/** Stands before every route: without a declared policy, an identity and the scope nobody gets in. */
@Injectable()
export class AccessGuard implements CanActivate {
  private readonly logger = new Logger(AccessGuard.name);

  constructor(
    private readonly reflector: Reflector,
    private readonly authentication: Authentication,
    private readonly frontend: FrontendOrigin,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const policy = this.policyOf(context);
    if (policy === 'public') return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    void reply.header('cache-control', 'no-store');
    try {
      await this.admit(request, policy);
    } catch (error) {
      challenge(reply, error, policy);
      throw error;
    }
    return true;
  }

  private policyOf(context: ExecutionContext): RoutePolicy {
    const policy = this.reflector.getAllAndOverride(DeclaredPolicy, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (policy !== undefined && context.getType() === 'http') return policy;
    this.logger.error(`${context.getClass().name}.${context.getHandler().name} declares no policy`);
    throw new DomainError('forbidden', 'route-without-policy', 'Nobody may call this route.');
  }

  private async admit(request: FastifyRequest, policy: RoutePolicy): Promise<void> {
    const tokens = await this.identify(request);
    const { caller } = tokens[0].verified;
    if (policy !== 'any-scope' && policy !== 'public' && !caller.scopes.has(policy)) {
      throw new DomainError('forbidden', 'insufficient-scope', `This needs the scope ${policy}.`);
    }
    rememberCaller(request, caller);
    rememberSession(request, tokens);
  }

  private async identify(request: FastifyRequest): Promise<PresentedTokens> {
    const presented = presentedCredentials(request);
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
    const what = `error="insufficient_scope", scope="${policy}"`;
    void reply.header('www-authenticate', `${CHALLENGE}, ${what}`);
  }
}
