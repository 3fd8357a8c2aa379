import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { rssMibOf } from '../cpu-time.ts';
import { processTree } from '../process-tree.ts';

/** Which process of the stack it is, by its command line; what is none of the stack's is left out. */
const PROCESSES: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/dist\/apps\/local\/src\/main\.js/, 'supervisor (S3, SQS, SNS, Cognito)'],
  [/dist\/apps\/api\//, 'API'],
  [/store-process\.js/, 'check before DynamoDB'],
  [/function-runner.*stream-aggregator/, 'readers of streams (aggregator, live publisher)'],
  [/function-runner.*csv-importer/, 'csv-importer'],
  [/^\S*dynoxide /, 'DynamoDB (dynoxide)'],
  [/^sh -c/, 'shell that ends with its starter'],
];
const SAMPLE_MS = 200;

/** Memory of each process of the stack, in MiB resident: what it shares with others counts in each. */
export type Resident = ReadonlyMap<string, number>;

export function residentOf(rootPid: number): Resident {
  const byName = new Map<string, number>();
  for (const pid of processTree(rootPid)) {
    const name = nameOf(pid);
    if (name === undefined) continue;
    byName.set(name, (byName.get(name) ?? 0) + rssOf(pid));
  }
  return byName;
}

export function totalOf(resident: Resident): number {
  return [...resident.values()].reduce((total, mib) => total + mib, 0);
}

/** Watches until it is stopped; answers the most that all processes had together at one time. */
export function watchPeak(rootPid: number): { stop(): Promise<number> } {
  let peak = 0;
  const watching = new AbortController();
  const watched = (async () => {
    while (!watching.signal.aborted) {
      peak = Math.max(peak, totalOf(residentOf(rootPid)));
      await delay(SAMPLE_MS);
    }
  })();
  return {
    stop: async () => {
      watching.abort();
      await watched;
      return peak;
    },
  };
}

function nameOf(pid: number): string | undefined {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
    return PROCESSES.find(([pattern]) => pattern.test(command))?.[1];
  } catch {
    return undefined;
  }
}

/** 0 for one that has just ended. */
function rssOf(pid: number): number {
  try {
    return rssMibOf(pid) || 0;
  } catch {
    return 0;
  }
}
