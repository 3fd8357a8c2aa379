import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { PresentedToken } from '../sessions.js';

/** Every token that a request presented and that was accepted; the one it acts with comes first. */
export type PresentedTokens = readonly [PresentedToken, ...PresentedToken[]];

const SESSION = Symbol('session');

interface CarriesSession {
  [SESSION]?: PresentedTokens;
}

/** For the guard alone. */
export function rememberSession(request: object, tokens: PresentedTokens): void {
  const carrier: CarriesSession = request;
  carrier[SESSION] = tokens;
}

/** The verified tokens themselves, for logging out. Other handlers need only the caller. */
export const CurrentSession = createParamDecorator(
  (_: unknown, context: ExecutionContext): PresentedTokens => {
    const tokens = context.switchToHttp().getRequest<CarriesSession>()[SESSION];
    if (!tokens) throw new Error('a public route has no session');
    return tokens;
  },
);
