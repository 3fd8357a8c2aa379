import { Clock, DomainError } from '@sensorflow/kernel';
import passport from 'passport';
import { AccessTokenVerifier, invalidToken, type VerifiedToken } from '../access-token-verifier.js';
import {
  EXPIRED,
  FOREIGN_ISSUER,
  NOT_VALID_YET,
  readClaims,
  type TokenClaims,
  type TokenPolicy,
} from '../token-claims.js';
import { CUT_OFF, isCutOff, keyIdOfWellFormedToken, malformation } from '../token-structure.js';
import { AccessTokenStrategy, type TokenCarrier } from './access-token-strategy.js';
import { JwksKeySet } from './jwks-key-set.js';

const STRATEGY = 'cognito-access-token';

/** Cognito's access tokens: shape first, then signature by the passport strategy, then claims. */
export class PassportTokenVerifier extends AccessTokenVerifier {
  /** Its own, because in the process-wide one the second app would replace the first one's issuers. */
  private readonly passport = new passport.Passport();

  constructor(
    private readonly keys: JwksKeySet,
    private readonly policy: TokenPolicy,
    strategy: AccessTokenStrategy,
    private readonly clock: Clock,
  ) {
    super();
    // By name: passport then gives every call an object of its own to report to.
    this.passport.use(STRATEGY, strategy);
  }

  async verify(unverifiedToken: string): Promise<VerifiedToken> {
    const keyId = keyIdOfWellFormedToken(unverifiedToken);
    if (keyId === undefined) throw invalidToken(malformation(unverifiedToken));
    this.requireKeys();
    if (!(await this.keys.knows(keyId))) throw invalidToken(UNKNOWN_SIGNER);
    const claims = await this.claimsOf({ unverifiedToken });
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

  private claimsOf(carrier: TokenCarrier): Promise<TokenClaims> {
    return new Promise((resolve, reject) => {
      const done = (error: unknown, claims?: TokenClaims | false, reason?: unknown): void => {
        if (claims) resolve(claims);
        else reject(refusal(error ?? reason, carrier.unverifiedToken));
      };
      const authenticate: (carrier: TokenCarrier, response: object, next: typeof done) => void =
        this.passport.authenticate(STRATEGY, { session: false }, done);
      authenticate(carrier, {}, done);
    });
  }
}

const UNKNOWN_SIGNER =
  "The access token is signed with a key that is not one of the issuer's: it comes from another user pool, or is very old.";
const WRONG_SIGNATURE = 'The signature of the access token is wrong: it was changed on its way.';
const UNUSABLE = 'The access token cannot be used: its claims are not those of this service.';

/** What the JWT library found, in our words. */
function refusal(cause: unknown, unverifiedToken: string): DomainError {
  const { name, message } = cause instanceof Error ? cause : new Error('refused');
  if (name === 'TokenExpiredError') return invalidToken(EXPIRED, cause);
  if (name === 'NotBeforeError') return invalidToken(NOT_VALID_YET, cause);
  if (message.includes('issuer')) return invalidToken(FOREIGN_ISSUER, cause);
  if (!message.includes('signature')) return invalidToken(UNUSABLE, cause);
  return invalidToken(isCutOff(unverifiedToken) ? CUT_OFF : WRONG_SIGNATURE, cause);
}
