import type { EquipmentRestriction } from './equipment-restriction.js';

/** What a caller may do. No scope implies another; a route names the one it needs. */
export const SCOPES = [
  'sensorflow/read',
  'sensorflow/write',
  'sensorflow/import',
  'sensorflow/admin',
] as const;

export type Scope = (typeof SCOPES)[number];

/** Who is calling, as a verified token or an API key says. */
export interface Caller {
  readonly kind: 'user' | 'machine' | 'key';
  /** Stable, unlike the name: the token's `sub`, or the key's id with its prefix. */
  readonly subject: string;
  /** For people and keys; a machine's is its client id. */
  readonly username: string;
  readonly scopes: ReadonlySet<Scope>;
  /** The only equipment that it may read and write; undefined for all. */
  readonly equipment?: EquipmentRestriction | undefined;
  /** Requests in a minute, in each process; undefined for any number. */
  readonly ratePerMinute?: number | undefined;
  /** Live connections at a time, over all processes; undefined for no limit of its own. */
  readonly maxConnections?: number | undefined;
  /** Undefined for a key without an end. */
  readonly expiresAtEpochSeconds: number | undefined;
}

/** A token always ends. */
export interface TokenCaller extends Caller {
  readonly expiresAtEpochSeconds: number;
}

const SCOPES_OF_GROUP: ReadonlyMap<string, readonly Scope[]> = new Map<string, readonly Scope[]>([
  ['viewers', ['sensorflow/read']],
  ['operators', ['sensorflow/read', 'sensorflow/write', 'sensorflow/import']],
  ['admins', SCOPES],
]);

/** A user's scopes. Groups that are not ours grant nothing. */
export function scopesOfGroups(groups: readonly string[]): ReadonlySet<Scope> {
  return new Set(groups.flatMap((group) => SCOPES_OF_GROUP.get(group) ?? []));
}

/** A machine's scopes, from the `scope` claim: names separated by spaces (RFC 6749 §3.3). */
export function scopesOfClaim(claim: string): ReadonlySet<Scope> {
  const named = new Set(claim.split(' '));
  return new Set(SCOPES.filter((scope) => named.has(scope)));
}
