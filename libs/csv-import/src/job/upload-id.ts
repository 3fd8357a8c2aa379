import { randomBytes } from 'node:crypto';

const GRAMMAR = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** A UUIDv7 (RFC 9562): begins with the time, so that ids sort in the order of their making. */
export function newUploadId(nowEpochMs: number): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(nowEpochMs, 0, 6);
  bytes.writeUInt8(0x70 | (bytes.readUInt8(6) & 0x0f), 6);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
  const hex = bytes.toString('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
}

/** When the id was made. */
export function epochMsOf(uploadId: string): number {
  return Number.parseInt(uploadId.slice(0, 8) + uploadId.slice(9, 13), 16);
}

export function isUploadId(text: string): boolean {
  return GRAMMAR.test(text);
}
