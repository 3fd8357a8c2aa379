import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createShrinkableDatabase } from '../../../apps/local/src/dynamodb/database-space.js';
import { findDynoxide } from '../../../apps/local/src/dynamodb/find-dynoxide.js';
import {
  type RunningDynoxide,
  startDynoxide,
} from '../../../apps/local/src/dynamodb/start-dynoxide.js';

/** A real embedded DynamoDB in a folder of its own, and the SDK's clients for it. */
export interface EmbeddedStore {
  readonly folder: string;
  readonly dbPath: string;
  readonly running: RunningDynoxide;
  readonly dynamodb: DynamoDBClient;
  readonly streams: DynamoDBStreamsClient;
  close(): Promise<void>;
}

export const DYNOXIDE = findDynoxide(process.env);

export async function startEmbeddedStore(): Promise<EmbeddedStore> {
  const folder = await temporaryFolder();
  const dbPath = join(folder, 'dynamodb.db');
  createShrinkableDatabase(dbPath);
  const running = await startDynoxide({ binary: DYNOXIDE, dbPath, port: 0, host: '127.0.0.1' });
  const clients = clientsFor(running.url);
  return {
    folder,
    dbPath,
    running,
    ...clients,
    close: async () => {
      clients.dynamodb.destroy();
      clients.streams.destroy();
      await running.stop();
      await rm(folder, { recursive: true });
    },
  };
}

export async function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'sensorflow-'));
}

export function clientsFor(endpoint: string): {
  dynamodb: DynamoDBClient;
  streams: DynamoDBStreamsClient;
} {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const settings = { endpoint, region: 'eu-central-1', credentials };
  return { dynamodb: new DynamoDBClient(settings), streams: new DynamoDBStreamsClient(settings) };
}

/** Processes that carry the word in their command line, such as a folder that is the test's own. */
export async function processesNaming(word: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/u.test(name));
  const named = await Promise.all(
    pids.map(async (pid) => {
      const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return commandLine.includes(word) ? [pid] : [];
    }),
  );
  return named.flat();
}

/** Polls until the condition holds; fails loudly when it never does. */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  what: string,
  timeoutMs = 15_000,
): Promise<void> {
  const giveUpAt = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > giveUpAt) throw new Error(`Waited ${timeoutMs} ms in vain for: ${what}`);
    await delay(20);
  }
}
