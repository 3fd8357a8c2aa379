import { ApiProperty } from '@nestjs/swagger';
import {
  DEFAULT_RATE_PER_MINUTE,
  KEY_SCOPES,
  type ApiKey,
  type KeyScope,
  type ListedApiKey,
} from '../api-keys/api-key.js';
import type { IssuedApiKey } from '../api-keys/api-keys.js';

/** A key without the key itself. */
export class ApiKeyView {
  @ApiProperty({ pattern: '^[0-9A-Za-z]{16}$' })
  readonly keyId!: string;

  @ApiProperty()
  readonly name!: string;

  @ApiProperty({ enum: KEY_SCOPES, isArray: true })
  readonly scopes!: readonly KeyScope[];

  @ApiProperty({
    type: [String],
    nullable: true,
    description: 'the only equipment that it may read and write; null for all',
  })
  readonly equipmentIds!: readonly string[] | null;

  @ApiProperty({ type: String, nullable: true, format: 'date-time' })
  readonly expiresAt!: string | null;

  @ApiProperty({ type: 'integer', description: 'requests in a minute, in each process' })
  readonly ratePerMinute!: number;

  @ApiProperty({ type: 'integer', nullable: true })
  readonly maxConnections!: number | null;

  @ApiProperty({ format: 'date-time' })
  readonly createdAt!: string;

  @ApiProperty({ description: 'the name of who made it' })
  readonly createdBy!: string;
}

/** What only the answer that makes a key shows. */
export class IssuedApiKeyView extends ApiKeyView {
  @ApiProperty({
    description: 'the key, shown this once and kept nowhere',
    pattern: '^sfk_[0-9A-Za-z]{16}_[0-9A-Za-z]{49}$',
  })
  readonly key!: string;
}

export class ListedApiKeyView extends ApiKeyView {
  @ApiProperty({
    type: String,
    nullable: true,
    format: 'date-time',
    description: 'to the quarter of an hour in which it began; null when it was never used',
  })
  readonly lastUsedAt!: string | null;
}

export class ApiKeyPageView {
  @ApiProperty({ type: [ListedApiKeyView] })
  readonly items!: readonly ListedApiKeyView[];

  @ApiProperty({ type: String, nullable: true })
  readonly nextCursor!: string | null;
}

export function issuedApiKeyView({ apiKey, text }: IssuedApiKey): IssuedApiKeyView {
  return { ...membersOf(apiKey), key: text };
}

export function listedApiKeyView(key: ListedApiKey): ListedApiKeyView {
  return { ...membersOf(key), lastUsedAt: instantView(key.lastUsedAtEpochMs) };
}

function membersOf(apiKey: ApiKey): { readonly [K in keyof ApiKeyView]: ApiKeyView[K] } {
  return {
    keyId: apiKey.keyId,
    name: apiKey.name,
    scopes: apiKey.scopes,
    equipmentIds: apiKey.equipmentIds ?? null,
    expiresAt: instantView(apiKey.expiresAtEpochMs),
    ratePerMinute: apiKey.ratePerMinute ?? DEFAULT_RATE_PER_MINUTE,
    maxConnections: apiKey.maxConnections ?? null,
    createdAt: new Date(apiKey.createdAtEpochMs).toISOString(),
    createdBy: apiKey.createdBy,
  };
}

function instantView(epochMs: number | undefined): string | null {
  return epochMs === undefined ? null : new Date(epochMs).toISOString();
}
