import { Clock, DomainError } from '@sensorflow/kernel';
import { AccessTokenVerifier, invalidToken, type VerifiedToken } from '../access-token-verifier.js';
import { readClaims, type TokenPolicy } from '../token-claims.js';
import { keyIdOfWellFormedToken, malformation } from '../token-structure.js';
import { JwksKeySet } from './jwks-key-set.js';
import { JwtAuthGuard } from './jwt-auth.guard.js';

/** Cognito's access tokens: shape first, then signature by passport, then claims. */
export class PassportTokenVerifier extends AccessTokenVerifier {
  constructor(
    private readonly keys: JwksKeySet,
    private readonly policy: TokenPolicy,
    private readonly guard: JwtAuthGuard,
    private readonly clock: Clock,
  ) {
    super();
  }

  async verify(unverifiedToken: string): Promise<VerifiedToken> {
    const keyId = keyIdOfWellFormedToken(unverifiedToken);
    if (keyId === undefined) throw invalidToken(malformation(unverifiedToken));
    this.requireKeys();
    if (!(await this.keys.knows(keyId))) throw invalidToken(UNKNOWN_SIGNER);
    const claims = await this.guard.claimsOf(unverifiedToken);
    return readClaims(claims, unverifiedToken, this.policy, this.clock.nowEpochMs() / 1000);
  }

  private requireKeys(): void {
    if (this.keys.isReady()) return;
    throw new DomainError(
      'unavailable',
      'signing-keys-unavailable',
      'Tokens cannot be checked yet.',
      { retryAfterSeconds: 2 },
    );
  }
}

const UNKNOWN_SIGNER =
  "The access token is signed with a key that is not one of the issuer's: it comes from another user pool, or is very old.";
