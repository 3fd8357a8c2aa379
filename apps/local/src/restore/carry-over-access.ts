import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { ApiKey } from '@sensorflow/auth/api-keys/api-key.js';
import { DynamoDbApiKeyStore } from '@sensorflow/auth/dynamodb/dynamodb-api-key-store.js';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PeopleFile, type KnownPeople } from '../cognito/people-file.js';
import { startStore } from '../dynamodb/start-store.js';
import { REGION, TABLE_NAMES } from '../stack/cloud.js';

/** How the embedded DynamoDB is started for a look at its keys. */
export interface StoreProgram {
  readonly binary: string;
  /** Where programs are looked for. */
  readonly path: string | undefined;
}

/** What one data folder says about who may do what. */
export interface KnownAccess {
  readonly people: KnownPeople;
  readonly keys: readonly ApiKey[];
}

/** Undefined when the folder cannot be read, or has no pool in common with the other one. */
export async function accessIn(
  dataDir: string,
  otherDir: string,
  program: StoreProgram,
): Promise<KnownAccess | undefined> {
  if (!['cognito.db', 'dynamodb.db'].every((name) => existsSync(join(dataDir, name)))) {
    return undefined;
  }
  try {
    const people = PeopleFile.use(dataDir, (file) => file.read());
    const others = PeopleFile.use(otherDir, (file) => file.read());
    if (!people.poolIds.some((id) => others.poolIds.includes(id))) return undefined;
    return { people, keys: await withKeys(dataDir, program, allOf) };
  } catch {
    // A damaged folder is a reason to restore, not a reason against it; the caller says what follows.
    return undefined;
  }
}

/**
 * Takes over into a restored folder what was decided about access after its backup: revoked keys, and for
 * everybody whether they are enabled, their groups and their password. All people's sessions end.
 */
export async function carryOverAccess(
  known: KnownAccess | undefined,
  restored: string,
  program: StoreProgram,
): Promise<void> {
  PeopleFile.use(restored, (file) => {
    if (known !== undefined) file.takeOver(known.people);
    file.endSignIns();
  });
  if (known === undefined) return;
  const nowEpochMs = Date.now();
  await withKeys(restored, program, async (store) => {
    const valid = (await allOf(store)).filter((key) => key.revokedAtEpochMs === undefined);
    const revoked = valid.flatMap((key) => revocationOf(key, known.keys, nowEpochMs));
    for (const { key, atEpochMs } of revoked) await store.revoke(key, atEpochMs);
  });
}

/** A key that is not there any more was revoked or had expired, and is forgotten. */
function revocationOf(key: ApiKey, known: readonly ApiKey[], nowEpochMs: number) {
  const since = known.find(({ keyId }) => keyId === key.keyId);
  const atEpochMs = since === undefined ? nowEpochMs : since.revokedAtEpochMs;
  return atEpochMs === undefined ? [] : [{ key, atEpochMs }];
}

async function allOf(store: DynamoDbApiKeyStore): Promise<readonly ApiKey[]> {
  return store.all(new AbortController().signal);
}

async function withKeys<Result>(
  folder: string,
  { binary, path }: StoreProgram,
  work: (store: DynamoDbApiKeyStore) => Promise<Result>,
): Promise<Result> {
  const credentials = {
    accessKeyId: 'LOCALRESTORE',
    secretAccessKey: randomBytes(30).toString('base64url'),
  };
  const store = await startStore({
    binary,
    dbPath: join(folder, 'dynamodb.db'),
    port: 0,
    region: REGION,
    credentials,
    path,
    log: () => undefined,
  });
  const client = new DynamoDBClient({ endpoint: store.url, region: REGION, credentials });
  try {
    return await work(new DynamoDbApiKeyStore(client, TABLE_NAMES.sessions));
  } finally {
    client.destroy();
    await store.stop();
  }
}
