import { withEnvFile } from '@sensorflow/platform/config/env-file.js';
import {
  ConfigurationError,
  readVerifyEnvironment,
} from '@sensorflow/platform/config/environment.js';
import { errorNames } from '@sensorflow/platform/logging/loggable-error.js';
import { misused, runCommand } from '@sensorflow/platform/terminal/command.js';
import { CannotVerifyError, targetOf } from './target.js';
import { pagesOf, type Difference, type Page } from './verification-pages.js';

const USAGE = `Usage: npm run verify [-- --from INSTANT --to INSTANT --repair]

Compares all aggregates with the readings, on this machine's stack or at SENSORFLOW_URL. Exits with 0 if there are no
differences, with 1 if there are some, and with 2 if it cannot verify.

  --from, --to          only the hours between two instants, such as 2026-02-15T00:00:00Z
  --repair              recomputes what differs
  SENSORFLOW_URL        another API, with a token for it in SENSORFLOW_TOKEN
  SENSORFLOW_DATA_DIR   the stack's data folder; .sensorflow unless set`;

const HOUR_MS = 3_600_000;

interface Values {
  readonly repair: boolean;
  readonly from: string;
  readonly to: string;
}

/** `npm run verify`: holds all aggregates of an API against its readings; 0 when there is no difference. */
async function run(values: Values): Promise<number> {
  const { repair, from, to } = optionsOf(values);
  const target = targetOf(readVerifyEnvironment(withEnvFile(process.env)));
  const pages = pagesOf(target, repair, from, to);
  const sum = {
    checked: 0,
    differences: 0,
    repaired: 0,
    sealedHours: 0,
    openHours: 0,
    tooLarge: 0,
  };
  for await (const page of pages) {
    for (const difference of page.differences) say(lineOf(difference));
    sum.checked += page.checked;
    sum.differences += page.differences.length;
    sum.repaired += page.repaired ?? 0;
    sum.tooLarge += page.tooLarge;
    sum.sealedHours = Math.max(sum.sealedHours, page.sealedHours);
    sum.openHours = Math.max(sum.openHours, page.openHours);
  }
  say(summaryOf(sum));
  return sum.differences > sum.repaired ? 1 : 0;
}

function optionsOf({ repair, from, to }: Values) {
  const [fromMs, toMs] = [Date.parse(from), Date.parse(to)];
  if (!(fromMs < toMs))
    throw misused('--from and --to must be instants, with --from before --to', USAGE);
  return { repair: repair ? 'repair' : 'verify', from: fromMs, to: toMs } as const;
}

function lineOf(difference: Difference): string {
  const { level, equipmentId, shard, metric, intervalStart, field, stored, recomputed } =
    difference;
  const of = equipmentId ?? (shard === null ? 'all' : `shard ${shard}`);
  const start = new Date(intervalStart * 1000).toISOString();
  return `${level} ${of} ${metric} ${start} ${field}: stored ${stored}, recomputed ${recomputed}`;
}

function summaryOf(sum: Readonly<Record<Exclude<keyof Page, 'nextCursor'>, number>>): string {
  const counts = [
    `${sum.checked} aggregates checked`,
    `${sum.differences} differences`,
    ...(sum.repaired > 0 ? [`${sum.repaired} repaired`] : []),
    ...(sum.tooLarge > 0 ? [`${sum.tooLarge} hours too large to be shown`] : []),
    ...(sum.sealedHours > 0 ? ['sealed hours left out'] : []),
    ...(sum.openHours > 0 ? ['open hours left out'] : []),
  ];
  return counts.join(', ');
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function wordsFor(error: unknown): string {
  const isWorded = error instanceof CannotVerifyError || error instanceof ConfigurationError;
  return isWorded ? error.message : errorNames(error);
}

await runCommand({
  usage: USAGE,
  options: {
    repair: { type: 'boolean', default: false },
    from: { type: 'string', default: '1970-01-01T00:00:00Z' },
    to: { type: 'string', default: new Date(Date.now() + HOUR_MS).toISOString() },
  },
  places: 0,
  failureCode: 2,
  wordsFor,
  run: async ({ values }) => run(values),
});
