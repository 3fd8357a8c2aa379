import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** The checksums S3 takes; CRC-64/NVME, which no SDK sends of itself for one PutObject, is left out. */
export const CHECKSUM_ALGORITHMS = ['crc32', 'crc32c', 'sha1', 'sha256'] as const;
export type ChecksumAlgorithm = (typeof CHECKSUM_ALGORITHMS)[number];

export interface RunningChecksum {
  update(bytes: Buffer): void;
  /** Big-endian, in base64, as the `x-amz-checksum-*` headers have it. */
  base64(): string;
}

export function startChecksum(algorithm: ChecksumAlgorithm): RunningChecksum {
  if (algorithm === 'crc32') return runningCrc((bytes, value) => crc32(bytes, value));
  if (algorithm === 'crc32c') return runningCrc(crc32c);
  const hash = createHash(algorithm);
  return {
    update: (bytes) => void hash.update(bytes),
    base64: () => hash.digest('base64'),
  };
}

/** Whether a text can be the checksum of that algorithm at all. */
export function isChecksum(algorithm: ChecksumAlgorithm, text: string): boolean {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === CHECKSUM_BYTES[algorithm] && bytes.toString('base64') === text;
}

const CHECKSUM_BYTES: Readonly<Record<ChecksumAlgorithm, number>> = {
  crc32: 4,
  crc32c: 4,
  sha1: 20,
  sha256: 32,
};

function runningCrc(continued: (bytes: Buffer, value: number) => number): RunningChecksum {
  let value = 0;
  return {
    update: (bytes) => {
      value = continued(bytes, value);
    },
    base64: () => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      return bytes.toString('base64');
    },
  };
}

/** Castagnoli's polynomial, reflected. */
const CRC32C_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = (value >>> 1) ^ (value & 1 ? 0x82f63b78 : 0);
  return value >>> 0;
});

function crc32c(bytes: Buffer, value: number): number {
  let crc = ~value;
  for (const byte of bytes) crc = (crc >>> 8) ^ (CRC32C_TABLE[(crc ^ byte) & 0xff] ?? 0);
  return ~crc >>> 0;
}
