import { number, text, broken, type Item } from '@sensorflow/platform/aws/stored-item.js';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import {
  forgottenAtEpochMs,
  KEY_SCOPES,
  type ApiKey,
  type ListedApiKey,
} from '../api-keys/api-key.js';
import { expiry } from './login-throttle-item.js';

/** What a key's item holds beside its place in the table. `expiresAt` is DynamoDB's, not the key's. */
export function attributesOf(key: ApiKey): Record<string, AttributeValue> {
  const forgottenAt = forgottenAtEpochMs(key);
  return {
    keyId: { S: key.keyId },
    name: { S: key.name },
    scopes: { L: key.scopes.map((scope) => ({ S: scope })) },
    ...(key.equipmentIds && { equipmentIds: { L: key.equipmentIds.map((S) => ({ S })) } }),
    secretHash: { B: key.secretHash },
    createdAt: millis(key.createdAtEpochMs),
    createdBy: { S: key.createdBy },
    ...optional('keyExpiresAt', key.expiresAtEpochMs),
    ...optional('ratePerMinute', key.ratePerMinute),
    ...optional('maxConnections', key.maxConnections),
    ...optional('revokedAt', key.revokedAtEpochMs),
    ...(forgottenAt !== undefined && { expiresAt: expiry(forgottenAt) }),
  };
}

export function apiKeyIn(item: Item): ApiKey {
  const secretHash = item['secretHash']?.B;
  if (secretHash?.length !== 32) throw broken('secretHash');
  return {
    keyId: text(item['keyId'], 'keyId'),
    name: text(item['name'], 'name'),
    // One that only a later version knows grants nothing here.
    scopes: KEY_SCOPES.filter((scope) => item['scopes']?.L?.some(({ S }) => S === scope)),
    equipmentIds: restrictionIn(item),
    secretHash: Buffer.from(secretHash),
    createdAtEpochMs: number(item['createdAt'], 'createdAt'),
    createdBy: text(item['createdBy'], 'createdBy'),
    expiresAtEpochMs: optionalNumber(item, 'keyExpiresAt'),
    ratePerMinute: optionalNumber(item, 'ratePerMinute'),
    maxConnections: optionalNumber(item, 'maxConnections'),
    revokedAtEpochMs: optionalNumber(item, 'revokedAt'),
  };
}

/** One that cannot be read must not become none. */
function restrictionIn({ equipmentIds }: Item): readonly string[] | undefined {
  if (equipmentIds === undefined) return undefined;
  if (equipmentIds.L === undefined) throw broken('equipmentIds');
  return equipmentIds.L.map((id) => text(id, 'equipmentIds'));
}

export function listedApiKeyIn(item: Item): ListedApiKey {
  return { ...apiKeyIn(item), lastUsedAtEpochMs: optionalNumber(item, 'lastUsedAt') };
}

export function millis(epochMs: number): AttributeValue {
  return { N: String(epochMs) };
}

function optional(name: string, value: number | undefined): Record<string, AttributeValue> {
  return value === undefined ? {} : { [name]: { N: String(value) } };
}

function optionalNumber(item: Item, name: string): number | undefined {
  return item[name] === undefined ? undefined : number(item[name], name);
}
