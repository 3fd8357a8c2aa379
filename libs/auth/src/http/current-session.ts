import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { DomainError } from '@sensorflow/kernel';
import type { PresentedToken } from '../auth.service.js';
import type { RoutePolicy } from './auth.decorators.js';

/** How a request was let in. */
export interface RequestAuthentication {
  /** Undefined for an API key. */
  readonly token: PresentedToken | undefined;
  /** Whether the token came as a cookie. */
  readonly byCookie: boolean;
  readonly policy: RoutePolicy;
  /** When, by `performance.now()`. */
  readonly atMs: number;
}

export interface Session {
  readonly token: PresentedToken;
  readonly byCookie: boolean;
}

/** A symbol, so that nothing in a request can take its place. */
const AUTHENTICATION = Symbol('authentication');

interface CarriesAuthentication {
  [AUTHENTICATION]?: RequestAuthentication;
}

/** For the authenticator alone. */
export function rememberAuthentication(
  request: object,
  authentication: RequestAuthentication,
): void {
  const carrier: CarriesAuthentication = request;
  carrier[AUTHENTICATION] = authentication;
}

/** Undefined for a request of a public route, and for one that was not let in. */
export function authenticationOf(request: object): RequestAuthentication | undefined {
  const carrier: CarriesAuthentication = request;
  return carrier[AUTHENTICATION];
}

/**
 * How the request was let in, by a verified token, for logging out. Other handlers need only the caller. Throws DomainError
 * `no-session` for an API key.
 */
export const CurrentSession = createParamDecorator(
  (_: unknown, context: ExecutionContext): Session => {
    const carrier = context.switchToHttp().getRequest<CarriesAuthentication>();
    const authentication = carrier[AUTHENTICATION];
    if (!authentication) throw new Error('a public route has no session');
    const { token, byCookie } = authentication;
    if (!token) throw noSession();
    return { token, byCookie };
  },
);

function noSession(): DomainError {
  return new DomainError(
    'invalid',
    'no-session',
    'An API key has no session to end. An administrator revokes it with DELETE /api-keys/{keyId}.',
  );
}
