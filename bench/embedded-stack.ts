import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Children } from './children.ts';
import { freePort } from './free-port.ts';
import { ROOT } from './root.ts';

const READY_WITHIN_MS = 60_000;

/** What a benchmark needs of the embedded stack's `local.json`. */
export interface Announcement {
  readonly baseUrl: string;
  readonly machine: {
    readonly tokenUrl: string;
    readonly clientId: string;
    readonly clientSecret: string;
    readonly scope: string;
  };
}

/** A token of the demo machine client, with all its scopes. */
export async function tokenOf({ machine }: Announcement): Promise<string> {
  const basic = Buffer.from(`${machine.clientId}:${machine.clientSecret}`).toString('base64');
  const answer = await fetch(machine.tokenUrl, {
    method: 'POST',
    headers: { authorization: `Basic ${basic}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: machine.scope }),
  });
  return ((await answer.json()) as { readonly access_token: string }).access_token;
}

/** Starts the built stack on a data folder, and waits until it is ready. */
export async function startStack(children: Children, dataDir: string): Promise<Announcement> {
  const port = await freePort();
  children.start({
    name: 'stack',
    core: undefined,
    command: [join(ROOT, 'dist/apps/local/src/main.js')],
    variables: { SENSORFLOW_DATA_DIR: dataDir, PORT: String(port), LOG_LEVEL: 'warn' },
  });
  const deadline = performance.now() + READY_WITHIN_MS;
  while (performance.now() < deadline) {
    try {
      return JSON.parse(readFileSync(join(dataDir, 'local.json'), 'utf8')) as Announcement;
    } catch {
      await delay(100);
    }
  }
  throw new Error('the stack does not become ready');
}
