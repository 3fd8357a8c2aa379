import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { eventually, type ApiClient } from './api-client.js';

export interface FoundDifference {
  readonly level: string;
  readonly equipmentId: string | null;
  readonly shard: number | null;
  readonly metric: string;
  readonly intervalStart: number;
  readonly field: string;
  readonly stored: string | null;
  readonly recomputed: string | null;
}

export interface VerifiedRange {
  readonly from: string;
  readonly to: string;
  readonly equipmentId?: string;
}

/** All pages of a verification, or of a repair. */
export async function verified(
  api: ApiClient,
  range: VerifiedRange,
  method: 'verify' | 'repair' = 'verify',
) {
  const sum = { checked: 0, repaired: 0, differences: [] as FoundDifference[] };
  let cursor: string | undefined;
  do {
    const { body } = await eventually(
      async () =>
        api.send(method === 'verify' ? 'GET' : 'POST', `/sensor-data/aggregated/${method}`, {
          query: { ...range, cursor },
        }),
      ({ status }) => status !== 429,
    );
    if (body.checked === undefined) throw new Error(JSON.stringify(body));
    sum.checked += body.checked;
    sum.repaired += body.repaired ?? 0;
    sum.differences.push(...body.differences);
    cursor = body.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return sum;
}

const MAIN = fileURLToPath(new URL('../../dist/apps/verify/src/main.js', import.meta.url));

/** `npm run verify`, as it was built. */
export async function runVerify(
  variables: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<{ readonly exitCode: number | string; readonly printed: string }> {
  const env = { PATH: process.env['PATH'], SENSORFLOW_ENV_FILE: 'none', ...variables };
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { env }, (error, stdout, stderr) => {
      resolve({ exitCode: error?.code ?? 0, printed: stdout + stderr });
    });
  });
}
