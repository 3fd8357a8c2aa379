import { Injectable, type ExecutionContext } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { AuthGuard } from '@nestjs/passport';
import type { DomainError } from '@sensorflow/kernel';
import { invalidToken } from '../access-token-verifier.js';
import { EXPIRED, FOREIGN_ISSUER, NOT_VALID_YET, type TokenClaims } from '../token-claims.js';
import { CUT_OFF, isCutOff } from '../token-structure.js';
import type { TokenCarrier } from './jwt.strategy.js';

/**
 * Has JwtStrategy verify a token. No route uses it: guards run when the body has been read, and requests that bring the
 * same token share one verification (docs/decisions/0030-nest-conventions.md). AccessGuard is the one of the routes.
 */
@Injectable()
export class JwtAuthGuard extends AuthGuard() {
  /** The verified claims. Throws DomainError `unauthenticated` (`invalid-token`). */
  async claimsOf(unverifiedToken: string): Promise<TokenClaims> {
    const carrier: TokenCarrier = { unverifiedToken };
    await this.canActivate(new ExecutionContextHost([carrier, {}]));
    if (carrier.user === undefined) throw invalidToken(UNUSABLE);
    return carrier.user;
  }

  /** What passport and the JWT library found, in our words. */
  override handleRequest<Claims>(
    error: unknown,
    claims: Claims | false,
    reason: unknown,
    context: ExecutionContext,
  ): Claims {
    if (claims) return claims;
    const { unverifiedToken } = context.switchToHttp().getRequest<TokenCarrier>();
    throw refusal(error ?? reason, unverifiedToken);
  }
}

const WRONG_SIGNATURE = 'The signature of the access token is wrong: it was changed on its way.';
const UNUSABLE = 'The access token cannot be used: its claims are not those of this service.';

function refusal(cause: unknown, unverifiedToken: string): DomainError {
  const { name, message } = cause instanceof Error ? cause : new Error('refused');
  if (name === 'TokenExpiredError') return invalidToken(EXPIRED, cause);
  if (name === 'NotBeforeError') return invalidToken(NOT_VALID_YET, cause);
  if (message.includes('issuer')) return invalidToken(FOREIGN_ISSUER, cause);
  if (!message.includes('signature')) return invalidToken(UNUSABLE, cause);
  return invalidToken(isCutOff(unverifiedToken) ? CUT_OFF : WRONG_SIGNATURE, cause);
}
