import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';

type Secret = string | ArrayBuffer | ArrayBufferView;

/**
 * SHA-256 for the SDK's signer, which makes four digests for each call. Uses Node's fastest functions: the SDK's own class
 * copies every hash and imports the key of every HMAC again.
 */
export class SigningSha256 {
  private readonly key: KeyObject | undefined;
  private pieces: Uint8Array[] = [];

  constructor(secret?: Secret) {
    this.key = secret === undefined ? undefined : keyOf(secret);
  }

  update(data: Secret): void {
    this.pieces.push(bytesOf(data));
  }

  digest(): Promise<Uint8Array> {
    const [only = NOTHING] = this.pieces;
    const bytes = this.pieces.length > 1 ? Buffer.concat(this.pieces) : only;
    return Promise.resolve(
      this.key
        ? createHmac('sha256', this.key).update(bytes).digest()
        : hash('sha256', bytes, 'buffer'),
    );
  }

  reset(): void {
    this.pieces = [];
  }
}

const NOTHING = new Uint8Array();

/** The signer keeps a day's signing key as one object, and names the secret with every call. */
const keyOfObject = new WeakMap<object, KeyObject>();
let last: { readonly secret: string; readonly key: KeyObject } | undefined;

function keyOf(secret: Secret): KeyObject {
  if (typeof secret === 'string') {
    if (last?.secret !== secret) last = { secret, key: createSecretKey(secret, 'utf8') };
    return last.key;
  }
  const known = keyOfObject.get(secret);
  if (known) return known;
  const key = createSecretKey(bytesOf(secret));
  keyOfObject.set(secret, key);
  return key;
}

function bytesOf(data: Secret): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data, 'utf8');
  if (!ArrayBuffer.isView(data)) return new Uint8Array(data);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
