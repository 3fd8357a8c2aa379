import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { promisify } from 'node:util';
import { errors, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import type { Clock } from '@sensorflow/kernel';
import { notAuthorized } from './cognito-error.js';
import type { PoolStore, SigningKeyRecord } from './pool-store.js';

/** What the JWKS document says of one key. */
export interface PublishedKey {
  readonly kid: string;
  readonly kty: 'RSA';
  readonly alg: 'RS256';
  readonly use: 'sig';
  readonly n: string;
  readonly e: string;
}

/** Signs and verifies the pools' JWTs: RS256 with the newest key, all keys stay published. */
export class TokenSigner {
  private readonly privateKeys = new Map<string, KeyObject>();

  /** @param issuerBaseUrl without a trailing slash; a pool's issuer is `<issuerBaseUrl>/<poolId>` */
  constructor(
    private readonly pools: PoolStore,
    private readonly clock: Clock,
    private readonly issuerBaseUrl: string,
  ) {}

  issuerOf(poolId: string): string {
    return `${this.issuerBaseUrl}/${poolId}`;
  }

  /** Adds `iss` to the claims; `iat` and `exp` are the caller's. */
  async sign(poolId: string, claims: JWTPayload): Promise<string> {
    const [newest] = this.pools.signingKeys(poolId);
    if (newest === undefined) throw new Error(`pool ${poolId} has no signing key`);
    return new SignJWT({ ...claims, iss: this.issuerOf(poolId) })
      .setProtectedHeader({ kid: newest.kid, alg: 'RS256' })
      .sign(this.privateKey(newest));
  }

  publishedKeys(poolId: string): readonly PublishedKey[] {
    return this.pools.signingKeys(poolId).map((key) => {
      const { n, e } = createPublicKey(this.privateKey(key)).export({ format: 'jwk' });
      if (n === undefined || e === undefined) throw new Error(`key ${key.kid} is no RSA key`);
      return { kid: key.kid, kty: 'RSA', alg: 'RS256', use: 'sig', n, e };
    });
  }

  /** The claims of a user's access token that is ours and unexpired; else NotAuthorizedException. */
  async verifyAccessToken(unverifiedToken: string): Promise<JWTPayload> {
    try {
      const { payload } = await jwtVerify(unverifiedToken, ({ kid }) => this.publicKey(kid), {
        algorithms: ['RS256'],
        currentDate: new Date(this.clock.nowEpochMs()),
        requiredClaims: ['exp', 'sub', 'origin_jti'],
      });
      if (payload['token_use'] === 'access') return payload;
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw notAuthorized('Access Token has expired');
      if (!(error instanceof errors.JOSEError)) throw error;
    }
    throw notAuthorized('Invalid Access Token');
  }

  private publicKey(kid: string | undefined): KeyObject {
    const key = kid === undefined ? undefined : this.pools.findSigningKey(kid);
    if (key === undefined) throw new errors.JWKSNoMatchingKey();
    return createPublicKey(this.privateKey(key));
  }

  private privateKey(record: SigningKeyRecord): KeyObject {
    const key = this.privateKeys.get(record.kid) ?? createPrivateKey(record.privateKeyPem);
    this.privateKeys.set(record.kid, key);
    return key;
  }
}

const generateRsaKeyPair = promisify(generateKeyPair);

export async function newSigningKey(poolId: string): Promise<SigningKeyRecord> {
  const { privateKey } = await generateRsaKeyPair('rsa', { modulusLength: 2048 });
  return {
    kid: randomBytes(32).toString('base64url'),
    poolId,
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}
