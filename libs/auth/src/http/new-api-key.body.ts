import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { instantToEpochMs, parseInstant } from '@sensorflow/kernel';
import { IsOptional, ValidateBy } from 'class-validator';
import { isRestrictionEntry, MAX_RESTRICTION_ENTRIES } from '../equipment-restriction.js';
import {
  DEFAULT_RATE_PER_MINUTE,
  KEY_SCOPES,
  type ApiKeyProperties,
  type KeyScope,
} from '../api-keys/api-key.js';

const MAX_NAME_CHARACTERS = 128;
const MAX_RATE_PER_MINUTE = 60_000;
const MAX_CONNECTIONS = 1000;

/** A rule as a constraint. */
function Satisfies(
  code: string,
  message: string,
  validate: (value: unknown) => boolean,
): PropertyDecorator {
  return ValidateBy({ name: code, validator: { validate } }, { message, context: { code } });
}

function isName(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.trim() !== '' &&
    value.length <= MAX_NAME_CHARACTERS &&
    !/[\p{Cc}\p{Cs}]/u.test(value)
  );
}

function areScopes(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    new Set(value).size === value.length &&
    value.every((name) => name === ADMIN || KEY_SCOPES.some((scope) => scope === name))
  );
}

const ADMIN = 'sensorflow/admin';

function areEquipmentIds(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length >= 1 &&
    value.length <= MAX_RESTRICTION_ENTRIES &&
    new Set(value).size === value.length &&
    value.every(isRestrictionEntry)
  );
}

function isFuture(value: unknown): boolean {
  const instant = typeof value === 'string' ? parseInstant(value) : undefined;
  return instant?.ok === true && instantToEpochMs(instant.value) > Date.now();
}

function isWholeNumber(most: number): (value: unknown) => boolean {
  return (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= most;
}

/** What makes an API key; an option that is null is as good as absent. */
export class NewApiKeyBody {
  @ApiProperty({ minLength: 1, maxLength: MAX_NAME_CHARACTERS, example: 'press line 1, gateway' })
  @Satisfies(
    'name-invalid',
    `A name is a text of 1 to ${MAX_NAME_CHARACTERS} characters, none of them a control character.`,
    isName,
  )
  name!: string;

  @ApiProperty({
    enum: KEY_SCOPES,
    isArray: true,
    minItems: 1,
    uniqueItems: true,
    example: ['sensorflow/write'],
  })
  @Satisfies(
    'scopes-invalid',
    `The scopes are a list of at least one of ${KEY_SCOPES.join(', ')}, each once.`,
    areScopes,
  )
  @Satisfies(
    'scope-not-for-keys',
    'No key is an administrator: leave sensorflow/admin out.',
    (value) => !Array.isArray(value) || !value.includes(ADMIN),
  )
  scopes!: KeyScope[];

  @ApiPropertyOptional({
    type: [String],
    nullable: true,
    minItems: 1,
    maxItems: MAX_RESTRICTION_ENTRIES,
    uniqueItems: true,
    example: ['EQ-12495', 'LINE-1:*'],
    description: 'the only equipment that it may read and write, by names or beginnings of names',
  })
  @IsOptional()
  @Satisfies(
    'equipment-ids-invalid',
    `equipmentIds is a list of 1 to ${MAX_RESTRICTION_ENTRIES} equipment ids, or beginnings of them with a * behind (LINE-1:*), each once. Leave it out for all equipment.`,
    areEquipmentIds,
  )
  equipmentIds?: string[] | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    format: 'date-time',
    description: 'after this instant the key is refused; never unless said',
  })
  @IsOptional()
  @Satisfies('expires-at-invalid', 'expiresAt is an RFC 3339 instant in the future.', isFuture)
  expiresAt?: string | null;

  @ApiPropertyOptional({
    type: 'integer',
    nullable: true,
    minimum: 1,
    maximum: MAX_RATE_PER_MINUTE,
    default: DEFAULT_RATE_PER_MINUTE,
  })
  @IsOptional()
  @Satisfies(
    'rate-per-minute-invalid',
    `ratePerMinute is a whole number from 1 to ${MAX_RATE_PER_MINUTE}.`,
    isWholeNumber(MAX_RATE_PER_MINUTE),
  )
  ratePerMinute?: number | null;

  @ApiPropertyOptional({
    type: 'integer',
    nullable: true,
    minimum: 1,
    maximum: MAX_CONNECTIONS,
    description: 'live connections at a time, over all processes',
  })
  @IsOptional()
  @Satisfies(
    'max-connections-invalid',
    `maxConnections is a whole number from 1 to ${MAX_CONNECTIONS}.`,
    isWholeNumber(MAX_CONNECTIONS),
  )
  maxConnections?: number | null;
}

/** Of a body that was validated. */
export function propertiesIn(body: NewApiKeyBody): ApiKeyProperties {
  const { name, scopes, equipmentIds, expiresAt, ratePerMinute, maxConnections } = body;
  return {
    name,
    scopes: KEY_SCOPES.filter((scope) => scopes.includes(scope)),
    equipmentIds: equipmentIds ?? undefined,
    expiresAtEpochMs: typeof expiresAt === 'string' ? epochMsOf(expiresAt) : undefined,
    ratePerMinute: ratePerMinute ?? undefined,
    maxConnections: maxConnections ?? undefined,
  };
}

function epochMsOf(validInstant: string): number {
  const instant = parseInstant(validInstant);
  if (!instant.ok) throw new Error('the body was not validated');
  return Math.floor(instantToEpochMs(instant.value));
}
