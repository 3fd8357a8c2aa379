import {
  ConfigurationError,
  readVerifyEnvironment,
} from '@sensorflow/platform/config/environment.js';
import { errorNames } from '@sensorflow/platform/logging/loggable-error.js';
import { parseArgs } from 'node:util';
import { CannotVerifyError, targetOf } from './target.js';
import { pagesOf, type Difference, type Page } from './verification-pages.js';

/** `npm run verify`: holds all aggregates of an API against its readings; 0 when there is no difference. */
const HOUR_MS = 3_600_000;

async function run(): Promise<number> {
  const { repair, from, to } = options();
  const pages = pagesOf(targetOf(readVerifyEnvironment(process.env)), repair, from, to);
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

function options() {
  const values = parsedArguments();
  const [from, to] = [Date.parse(values.from), Date.parse(values.to)];
  if (!(from < to))
    throw new CannotVerifyError('--from and --to are instants, one before the other.');
  return { repair: values.repair ? 'repair' : 'verify', from, to } as const;
}

function parsedArguments() {
  try {
    return parseArgs({
      options: {
        repair: { type: 'boolean', default: false },
        from: { type: 'string', default: '1970-01-01T00:00:00Z' },
        to: { type: 'string', default: new Date(Date.now() + HOUR_MS).toISOString() },
      },
    }).values;
  } catch (cause) {
    // Node's first sentence names the argument; the next ones are for the programmer.
    const [fault] = (cause instanceof Error ? cause.message : String(cause)).split(/\.\s/);
    const words = `${fault}; the arguments are --repair, --from INSTANT and --to INSTANT.`;
    throw new CannotVerifyError(words, { cause });
  }
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

try {
  process.exitCode = await run();
} catch (error) {
  const isWorded = error instanceof CannotVerifyError || error instanceof ConfigurationError;
  const words = isWorded ? error.message : errorNames(error);
  process.stderr.write(`${words}\n`);
  process.exitCode = 2;
}
