import { DomainError } from '@sensorflow/kernel';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** Memory for unpacking one body: deflate's window and state, and one piece of output. */
export const GUNZIP_BYTES = 56 * 1024;
const OUTPUT_BYTES = 16 * 1024;

/** Trailing zeros are padding for zlib, several members one body, and anything else is damage. */
export interface GunzippedBody {
  readonly bytes: Readable;
  /** Leaves the rest of the packed body unread. */
  stop(): void;
}

/**
 * Unpacks a body as it is read, so that at most one piece is unpacked ahead of the reader. Its errors are zlib's; it
 * closes without an end when the body does.
 */
export function gunzipBody(body: Readable): GunzippedBody {
  const gunzip = createGunzip({ chunkSize: OUTPUT_BYTES });
  const breakOff = (): void => {
    if (!body.readableEnded) gunzip.destroy();
  };
  // `pipeline` would destroy the body, and with it the connection that the refusal needs.
  body.on('error', breakOff).on('close', breakOff).pipe(gunzip);
  return {
    bytes: gunzip,
    stop: () => {
      body.unpipe(gunzip);
      gunzip.destroy();
    },
  };
}

/** Why a packed body cannot be read: undefined unless zlib says so. */
export function gunzipFault(error: unknown): DomainError | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (!code.startsWith('Z_')) return undefined;
  return new DomainError(
    'invalid',
    'body-not-gzip',
    'Content-Encoding says gzip, but the body is damaged, cut off or no gzip.',
    { cause: error },
  );
}
