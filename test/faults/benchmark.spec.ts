import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { DIALECTS } from '../../bench/csv/dialects.ts';
import { CSV_CRITERIA, HTTP_CRITERIA, STACK_CRITERIA } from '../../bench/criteria.ts';

const BENCHMARK = fileURLToPath(new URL('../../bench/run.ts', import.meta.url));

it('the benchmark measures every promise, and finds every acknowledged reading in its store', async () => {
  // Rejects when it ends early, as it does when a reading is missing.
  const { stdout } = await promisify(execFile)(process.execPath, [BENCHMARK, '--smoke']);

  const medians = new Map(
    stdout.split('\n').map((line) => {
      const [, what = '', median = ''] = line.split('|').map((cell) => cell.trim());
      return [what, Number.parseFloat(median.replaceAll(',', ''))];
    }),
  );
  for (const { what, unit } of [...HTTP_CRITERIA, ...CSV_CRITERIA, ...STACK_CRITERIA]) {
    // The difference of two latencies can be negative.
    expect(medians.get(what), what).toBeGreaterThan(unit === 'ms' ? -Infinity : 0);
  }
});

it('a file of each dialect is imported exactly: the store has every value of it, and no other', async () => {
  // Rejects at the first that differs.
  const { stdout } = await promisify(execFile)(process.execPath, [
    BENCHMARK,
    '--smoke',
    '--only',
    'csv-dialects',
  ]);

  const exact = stdout.split('\n').flatMap((line) => /^exact: (.*)$/.exec(line)?.[1] ?? []);
  expect(exact).toEqual(DIALECTS.map(({ name }) => name));
});
