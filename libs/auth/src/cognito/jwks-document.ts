import { createPublicKey } from 'node:crypto';

/** An RSA key that signatures of tokens can be checked with. */
export interface SigningKey {
  readonly kid: string;
  readonly kty: 'RSA';
  readonly use: 'sig';
  readonly alg: 'RS256';
  readonly n: string;
  readonly e: string;
}

const MIN_MODULUS_BITS = 2048;
const MIN_EXPONENT = 65_537n;

/**
 * The usable keys of a JWKS document by their id. Keys of other kinds, too weak ones, and all that
 * share one id are left out: whoever published them, no token of ours is signed with them.
 */
export function readSigningKeys(document: unknown): ReadonlyMap<string, SigningKey> {
  const keys = isRecord(document) && Array.isArray(document['keys']) ? document['keys'] : [];
  const byId = new Map<string, SigningKey>();
  const seenIds = new Set<string>();
  for (const jwk of keys.filter(isRecord)) {
    const { kid } = jwk;
    if (typeof kid !== 'string' || kid === '') continue;
    const key = seenIds.has(kid) ? undefined : readSigningKey(jwk, kid);
    if (key) byId.set(kid, key);
    else byId.delete(kid);
    seenIds.add(kid);
  }
  return byId;
}

function readSigningKey(
  jwk: Readonly<Record<string, unknown>>,
  kid: string,
): SigningKey | undefined {
  const { kty, use = 'sig', alg = 'RS256', n, e } = jwk;
  if (kty !== 'RSA' || use !== 'sig' || alg !== 'RS256') return undefined;
  if (typeof n !== 'string' || typeof e !== 'string' || !isStrong(n, e)) return undefined;
  // Copied member by member: whatever else stands in the document stays outside.
  return { kid, kty, use, alg, n, e };
}

function isStrong(n: string, e: string): boolean {
  try {
    const key = createPublicKey({ key: { kty: 'RSA', n, e }, format: 'jwk' });
    const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
    return modulusLength >= MIN_MODULUS_BITS && publicExponent >= MIN_EXPONENT;
  } catch {
    return false;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
