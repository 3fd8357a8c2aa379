import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const LOCUST = fileURLToPath(new URL('../../locust', import.meta.url));
const MACHINE = {
  tokenUrl: 'http://127.0.0.1:9/token',
  clientId: 'm',
  clientSecret: 's',
  scope: 'r',
};
const FIND = `
import json, local_stack
try:
    print(json.dumps(local_stack.running_stack()))
except local_stack.NoStack as error:
    print(error)
`;

let dataDir: string;
let api: Server;
let baseUrl: string;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'sensorflow-locust-'));
  api = createServer((_request, response) => response.end('{"status":"ok"}'));
  await once(api.listen(0, '127.0.0.1'), 'listening');
  baseUrl = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
});

afterEach(() => {
  api.close();
  rmSync(dataDir, { recursive: true });
});

/** What the locustfile finds without an address. */
async function found(): Promise<string> {
  const python = process.env['INDEPENDENT_PYTHON'] ?? 'python3';
  const env = { PATH: process.env['PATH'], SENSORFLOW_DATA_DIR: dataDir };
  return new Promise((resolve) => {
    execFile(python, ['-c', FIND], { cwd: LOCUST, env }, (_error, printed, complained) => {
      resolve((printed + complained).trimEnd());
    });
  });
}

describe('the stack that Locust finds', () => {
  it('is the one that runs in the data folder, with its machine client', async () => {
    writeFileSync(join(dataDir, 'local.json'), JSON.stringify({ baseUrl, machine: MACHINE }));

    expect(JSON.parse(await found())).toEqual([baseUrl, Object.values(MACHINE)]);
  });

  it('is none that has ended', async () => {
    writeFileSync(join(dataDir, 'local.json'), JSON.stringify({ baseUrl, machine: MACHINE }));
    api.close();
    api.closeAllConnections();

    expect(await found()).toMatch(/^The stack of .* does not run: start it with npm run local\.$/);
  });

  it.each(['{}', 'no JSON', '[]'])(
    'is none in a file that says nothing of one: %s',
    async (text) => {
      writeFileSync(join(dataDir, 'local.json'), text);

      expect(await found()).toMatch(/ names no stack: start one with npm run local\.$/);
    },
  );

  it('is none where nothing was ever started', async () => {
    expect(await found()).toMatch(/ names no stack: start one with npm run local\.$/);
  });
});
