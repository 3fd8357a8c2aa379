import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const WEIGHT = fileURLToPath(new URL('../../bench/weight.ts', import.meta.url));
/** 628 on a quiet machine (bench/results/weight.md): the margin is for busier ones. */
const MOST_MIB = 700;

it(`the embedded stack has less than ${MOST_MIB} MiB resident after an import, batches and aggregates`, async () => {
  // Rejects when a reading does not come into the aggregates.
  const { stdout } = await promisify(execFile)(process.execPath, [WEIGHT, '--short']);

  const together = /^\| all together +\| +\d+ \| +(\d+) \|$/m.exec(stdout)?.[1];
  expect(Number(together)).toBeGreaterThan(100);
  expect(Number(together)).toBeLessThan(MOST_MIB);
});
