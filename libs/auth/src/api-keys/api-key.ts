import type { Scope } from '../caller.js';

/** What a key may be given: no key is an administrator. */
export const KEY_SCOPES = [
  'sensorflow/read',
  'sensorflow/write',
  'sensorflow/import',
] as const satisfies readonly Scope[];

export type KeyScope = (typeof KEY_SCOPES)[number];

/** What an administrator says of a key. */
export interface ApiKeyProperties {
  readonly name: string;
  readonly scopes: readonly KeyScope[];
  /** Names or beginnings of names, as EquipmentRestriction takes them; undefined for all equipment. */
  readonly equipmentIds: readonly string[] | undefined;
  /** After this instant it is refused; undefined for never. */
  readonly expiresAtEpochMs: number | undefined;
  /** Requests in a minute; undefined for DEFAULT_RATE_PER_MINUTE. */
  readonly ratePerMinute: number | undefined;
  /** Live connections over all processes; undefined for no limit of its own. */
  readonly maxConnections: number | undefined;
}

/** A key as it is kept: everything but the key itself. */
export interface ApiKey extends ApiKeyProperties {
  readonly keyId: string;
  /** SHA-256 of the whole text. */
  readonly secretHash: Buffer;
  readonly createdAtEpochMs: number;
  /** The name of who made it. */
  readonly createdBy: string;
  /** Since when it is refused; final. */
  readonly revokedAtEpochMs: number | undefined;
}

/** A key together with when it was last used, to the quarter of an hour. */
export interface ListedApiKey extends ApiKey {
  readonly lastUsedAtEpochMs: number | undefined;
}

/** Requests of a key in a minute, unless it says otherwise. */
export const DEFAULT_RATE_PER_MINUTE = 600;

/** How long a key that is refused is still known, so that its holder hears why. */
const REMEMBER_ENDED_MS = 30 * 24 * 60 * 60_000;

/** From when on nobody needs to know of the key any more; undefined while it has no end. */
export function forgottenAtEpochMs({
  revokedAtEpochMs,
  expiresAtEpochMs,
}: ApiKey): number | undefined {
  const endsAt = revokedAtEpochMs ?? expiresAtEpochMs;
  return endsAt === undefined ? undefined : endsAt + REMEMBER_ENDED_MS;
}
