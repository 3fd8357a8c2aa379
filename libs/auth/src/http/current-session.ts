import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { PresentedToken } from '../sessions.js';
import type { RoutePolicy } from './auth.decorators.js';

/** Every token that a request presented and that was accepted; the one it acts with comes first. */
export type PresentedTokens = readonly [PresentedToken, ...PresentedToken[]];

const SESSION = Symbol('session');

interface CarriesSession {
  [SESSION]?: { readonly tokens: PresentedTokens; readonly policy: RoutePolicy };
}

/** For admission alone. */
export function rememberSession(
  request: object,
  tokens: PresentedTokens,
  policy: RoutePolicy,
): void {
  const carrier: CarriesSession = request;
  carrier[SESSION] = { tokens, policy };
}

export function wasAdmitted(request: object, policy: RoutePolicy): boolean {
  const carrier: CarriesSession = request;
  return carrier[SESSION]?.policy === policy;
}

/** The verified tokens themselves, for logging out. Other handlers need only the caller. */
export const CurrentSession = createParamDecorator(
  (_: unknown, context: ExecutionContext): PresentedTokens => {
    const session = context.switchToHttp().getRequest<CarriesSession>()[SESSION];
    if (!session) throw new Error('a public route has no session');
    return session.tokens;
  },
);
