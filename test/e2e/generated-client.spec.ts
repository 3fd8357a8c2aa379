import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import openapiTS, { astToString } from 'openapi-typescript';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { machineToken } from '../support/api-client.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PROGRAM = join(ROOT, 'test/support/generated-client');
/** Below node_modules, so that the program finds its packages. */
const CACHE = join(ROOT, 'node_modules/.cache');

let folder: string;

beforeAll(() => {
  mkdirSync(CACHE, { recursive: true });
  folder = mkdtempSync(join(CACHE, 'generated-client-'));
  cpSync(PROGRAM, folder, { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('a TypeScript client made of the document compiles, and works', async () => {
  const stack = inject('stack');
  const document = await (await fetch(`${stack.baseUrl}/openapi.json`)).text();
  writeFileSync(join(folder, 'api.d.ts'), astToString(await openapiTS(document)));

  run(join(ROOT, 'node_modules/typescript/bin/tsc'), '--project', folder);
  const printed = run(join(folder, 'program.mjs'), stack.baseUrl, await machineToken(stack));

  expect(JSON.parse(printed)).toEqual({
    recorded: 78.42,
    batch: 1,
    refused: 'invalid-reading',
    listed: ['2023-02-15T06:30:00.000Z', '2023-02-15T06:31:00.000Z'],
  });
});

/** Answers what the program printed; throws with it when it fails. */
function run(...args: readonly string[]): string {
  try {
    return execFileSync(process.execPath, args, { stdio: 'pipe' }).toString();
  } catch (error) {
    throw new Error(String(Reflect.get(Object(error), 'stdout')), { cause: error });
  }
}
