import { applyDecorators, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiSecurity } from '@nestjs/swagger';
import {
  ApiProblem,
  ApiUnknownParameters,
} from '@sensorflow/platform/http/api-problem.decorator.js';
import { routeSettings, type RouteSettings } from '@sensorflow/platform/http/route-settings.js';
import type { AuditedAction } from './audited-request.js';
import { KEY_SCOPES } from '../api-keys/api-key.js';
import { SCOPES, type Caller, type Scope } from '../caller.js';

/**
 * How a route says who may call it: scopes, one of which is enough, or what needs none. Every route says exactly
 * one; a route that says none is refused.
 */
export type RoutePolicy = 'public' | 'any-scope' | readonly Scope[];

export function isRoutePolicy(policy: RouteSettings['policy']): policy is RoutePolicy {
  if (typeof policy !== 'object') return policy === 'public' || policy === 'any-scope';
  return policy.every((name) => SCOPES.some((scope) => scope === name));
}

/** The names of the ways in, as the OpenAPI document's security schemes carry them. */
export const SESSION_COOKIE_SECURITY = 'sessionCookie';
export const MACHINE_TOKEN_SECURITY = 'machineToken';
export const API_KEY_SECURITY = 'apiKey';
export const KEY_IN_QUERY_SECURITY = 'apiKeyInQuery';

export const DeclaredPolicy = Reflector.createDecorator<RoutePolicy>();

/** Anyone, with or without an identity; none is looked for. */
export function Public(): MethodDecorator {
  return DeclaredPolicy('public');
}

/** Anyone with a valid identity, whatever its scopes. */
export function AnyScope(): MethodDecorator {
  return applyDecorators(
    DeclaredPolicy('any-scope'),
    routeSettings({ policy: 'any-scope' }),
    identityNeeded(true, 'cross-site-request'),
  );
}

/** Whoever has this very scope, or one of these. */
export function RequiresScope(...oneOf: [Scope, ...Scope[]]): MethodDecorator {
  return applyDecorators(
    DeclaredPolicy(oneOf),
    routeSettings({ policy: oneOf }),
    identityNeeded(oneOf.some(isForKeys), 'insufficient-scope', 'cross-site-request'),
    ...(oneOf.some(isForKeys) ? [ApiProblem(403, 'equipment-forbidden')] : []),
  );
}

/** For clients that can set no header: no cookie counts, a key for reading does also in the query; 403 for all refusals. */
export function RequiresReadingKey(): MethodDecorator {
  const policy: RoutePolicy = ['sensorflow/read'];
  return applyDecorators(
    DeclaredPolicy(policy),
    routeSettings({ policy, credentials: 'key-in-query' }),
    ApiSecurity(MACHINE_TOKEN_SECURITY),
    ApiSecurity(API_KEY_SECURITY),
    ApiSecurity(KEY_IN_QUERY_SECURITY),
    ApiUnknownParameters(),
    ApiProblem(403, 'unauthenticated', 'invalid-token', 'insufficient-scope', 'key-not-for-query'),
    ApiProblem(403, 'api-key-malformed', 'api-key-unknown', 'api-key-revoked', 'api-key-expired'),
    ApiProblem(429, 'rate-limited'),
    ApiProblem(503, 'session-check-unavailable', 'signing-keys-unavailable'),
    ApiProblem(503, 'api-key-check-unavailable'),
  );
}

export const DeclaredAudit = Reflector.createDecorator<AuditedAction>();

/**
 * For a route that must not do anything without its row in the audit trail.
 *
 * @param inQuery members of the query that say what it is done to, beside those of the path
 */
export function Audited(action: string, ...inQuery: string[]): MethodDecorator {
  return applyDecorators(DeclaredAudit({ action, inQuery }), ApiProblem(503, 'audit-unavailable'));
}

/** How a route keeps a caller to their equipment, where its path does not name it. */
export function KeepsToEquipment(how: 'in-query' | 'by-handler'): MethodDecorator {
  return routeSettings({ equipment: how });
}

function isForKeys(scope: Scope): boolean {
  return KEY_SCOPES.some((name) => name === scope);
}

function identityNeeded(takesKeys: boolean, ...forbiddenCodes: string[]): MethodDecorator {
  return applyDecorators(
    ApiSecurity(SESSION_COOKIE_SECURITY),
    ApiSecurity(MACHINE_TOKEN_SECURITY),
    ...(takesKeys ? [ApiSecurity(API_KEY_SECURITY)] : []),
    ApiUnknownParameters(),
    ApiProblem(401, 'unauthenticated', 'invalid-token'),
    ApiProblem(401, 'api-key-malformed', 'api-key-unknown', 'api-key-revoked', 'api-key-expired'),
    ApiProblem(403, ...forbiddenCodes),
    ApiProblem(429, 'rate-limited'),
    ApiProblem(503, 'session-check-unavailable', 'signing-keys-unavailable'),
    ApiProblem(503, 'api-key-check-unavailable'),
  );
}

/** A symbol, so that nothing in a request can take its place. */
const CALLER = Symbol('caller');

interface CarriesCaller {
  [CALLER]?: Caller;
}

/** For the authenticator alone: writes down who is calling. */
export function rememberCaller(request: object, caller: Caller): void {
  const carrier: CarriesCaller = request;
  carrier[CALLER] = caller;
}

/** The verified caller; of a public route there is none. */
export function callerOf(request: object): Caller | undefined {
  const carrier: CarriesCaller = request;
  return carrier[CALLER];
}

/** The verified caller, as a handler's parameter. */
export const CurrentCaller = createParamDecorator(
  (_: unknown, context: ExecutionContext): Caller => {
    const caller = callerOf(context.switchToHttp().getRequest<object>());
    if (!caller) throw new Error('a public route has no caller');
    return caller;
  },
);
