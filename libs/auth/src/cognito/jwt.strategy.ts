import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { passportJwtSecret } from 'jwks-rsa';
import passport from 'passport';
import { Strategy } from 'passport-jwt';
import { CLOCK_SKEW_SECONDS, type TokenClaims } from '../token-claims.js';
import type { SigningKey } from './jwks-document.js';

export interface JwtStrategyOptions {
  /** By which the guard finds it: passport knows the strategies of a whole process, of all applications in it. */
  readonly name: string;
  readonly jwksUri: string;
  readonly issuers: ReadonlySet<string>;
  /** The keys of this moment; the strategy itself never asks the endpoint. */
  readonly signingKeys: () => readonly SigningKey[];
}

/** What the strategy takes for a request: verification needs nothing else of one. */
export interface TokenCarrier {
  readonly unverifiedToken: string;
  /** Where passport leaves what `validate` answered. */
  readonly user?: TokenClaims;
}

/** Signature, issuer and times of Cognito's tokens, by passport-jwt with keys by way of jwks-rsa. */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) {
  constructor(options: JwtStrategyOptions) {
    super({
      jwtFromRequest: (carrier: TokenCarrier) => carrier.unverifiedToken,
      secretOrKeyProvider: passportJwtSecret({
        jwksUri: options.jwksUri,
        fetcher: () => Promise.resolve({ keys: options.signingKeys() }),
        cache: false,
        rateLimit: false,
      }),
      algorithms: ['RS256'],
      issuer: [...options.issuers],
      jsonWebTokenOptions: { clockTolerance: CLOCK_SKEW_SECONDS },
    });
    passport.use(options.name, this);
  }

  /** Called with the claims once the token is verified; what it answers is passport's "user". */
  validate(claims: TokenClaims): TokenClaims {
    return claims;
  }
}
