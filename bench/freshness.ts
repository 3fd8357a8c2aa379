import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { argumentsOrExit } from '../libs/platform/src/terminal/command.ts';
import { Children } from './children.ts';
import { startStack, tokenOf } from './embedded-stack.ts';
import { describeMachine } from './machine.ts';
import { machineText } from './report.ts';
import { percentile } from './statistics.ts';
import { keepResult, runToTheEnd } from './run-to-the-end.ts';

const USAGE = `Usage: npm run bench:freshness [-- --short]

How long after its acknowledgement a reading is in its equipment's hour, and in the fleet's summary, while the embedded
stack takes 1,000 readings/s; writes bench/results/freshness.md.

  --short   for 15 s instead of 60`;

const { values: options } = argumentsOrExit({
  usage: USAGE,
  options: { short: { type: 'boolean', default: false } },
  places: 0,
});
const SECONDS = options.short ? 15 : 60;
const READINGS_PER_SECOND = 1000;
const EQUIPMENT = 100;
const TICK_MS = 100;
const PROBE_EVERY_MS = 1000;
/** Few, so that their open hours are young: what is new waits for a refresh. */
const PROBED_EQUIPMENT = 5;
const POLL_MS = 100;
/** Of the time waited so far: were every late probe asked for as often, asking would be the load. */
const POLL_SHARE = 0.05;
const GIVE_UP_MS = 60_000;
/** What is said of equipment or a metric that no aggregate has. */
const NOT_SHOWN = new Set(['metric-unknown', 'equipment-unknown']);

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** The API of a running stack, as a machine uses it. */
class Api {
  /** Requests that were answered with 429 or 503. */
  sentAgain = 0;
  private readonly baseUrl: string;
  private readonly headers: Readonly<Record<string, string>>;

  constructor(baseUrl: string, token: string) {
    this.baseUrl = baseUrl;
    this.headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  }

  /**
   * What is answered with 429 or 503 is sent again, the same bytes, after as long as the answer says: so the
   * promise is. Anything else but 201 is an error.
   */
  async post(path: string, json: unknown): Promise<void> {
    const url = `${this.baseUrl}${path}`;
    const body = JSON.stringify(json);
    for (const startedAt = performance.now(); ;) {
      const answer = await fetch(url, { method: 'POST', headers: this.headers, body });
      const text = await answer.text();
      if (answer.status === 201) return;
      const maySendAgain = answer.status === 429 || answer.status === 503;
      if (!maySendAgain || performance.now() - startedAt > GIVE_UP_MS) {
        throw new Error(`${path} was answered ${answer.status}: ${text}`);
      }
      this.sentAgain += 1;
      await delay(Number(answer.headers.get('retry-after') ?? 1) * 1000);
    }
  }

  async totalCount(query: Readonly<Record<string, string>>): Promise<number> {
    const text = new URLSearchParams({ interval: '24h', limit: '1', ...query }).toString();
    const { headers } = this;
    const answer = await fetch(`${this.baseUrl}/sensor-data/aggregated?${text}`, { headers });
    const body = (await answer.json()) as { readonly totalCount?: number; readonly code?: string };
    if (body.totalCount !== undefined) return body.totalCount;
    // Not shown yet, or unknown: it is asked again.
    if (NOT_SHOWN.has(body.code ?? '') || answer.status === 429 || answer.status === 503) return 0;
    throw new Error(`the aggregates were answered ${answer.status}: ${body.code}`);
  }
}

/** Readings at a steady rate, until told to stop; answers how many were acknowledged. */
async function load(api: Api, isOver: () => boolean): Promise<number> {
  const startedAt = performance.now();
  const perTick = (READINGS_PER_SECOND * TICK_MS) / 1000;
  const answers: Promise<void>[] = [];
  for (let tick = 0; !isOver(); tick += 1) {
    const now = Date.now();
    const batch = Array.from({ length: perTick }, (_, i) => ({
      equipmentId: `LOAD-${i % EQUIPMENT}`,
      timestamp: new Date(now).toISOString(),
      value: i / 10,
    }));
    const answer = api.post('/sensor-data/batch', batch);
    // Looked at in the end.
    answer.catch(() => undefined);
    answers.push(answer);
    await delay(Math.max(0, startedAt + (tick + 1) * TICK_MS - performance.now()));
  }
  await Promise.all(answers);
  return answers.length * perTick;
}

interface Freshness {
  readonly hourMs: number;
  readonly summaryMs: number;
}

/** One reading with a metric of its own, looked for from its acknowledgement on. */
async function probe(api: Api, number: number): Promise<Freshness> {
  const [equipmentId, metric] = [`PROBE-${number % PROBED_EQUIPMENT}`, `probe${number}`];
  const timestamp = new Date().toISOString();
  await api.post('/sensor-data', {
    equipmentId,
    timestamp,
    values: { [metric]: 1 },
  });
  const acknowledgedAt = performance.now();
  const [hourMs, summaryMs] = await Promise.all(
    [{ metric, equipmentId }, { metric }].map(async (query) => {
      while ((await api.totalCount(query)) === 0) {
        const waitedMs = performance.now() - acknowledgedAt;
        if (waitedMs > GIVE_UP_MS) throw new Error('a probe got lost');
        await delay(Math.max(POLL_MS, POLL_SHARE * waitedMs));
      }
      return performance.now() - acknowledgedAt;
    }),
  );
  return { hourMs: hourMs ?? NaN, summaryMs: summaryMs ?? NaN };
}

async function measure(api: Api): Promise<{ probes: readonly Freshness[]; acknowledged: number }> {
  let isOver = false;
  const loading = load(api, () => isOver);
  await delay(3000);
  const probing: Promise<Freshness>[] = [];
  for (let number = 0; number * PROBE_EVERY_MS < SECONDS * 1000; number += 1) {
    const probed = probe(api, number);
    probed.catch(() => undefined);
    probing.push(probed);
    await delay(PROBE_EVERY_MS);
  }
  const probes = await Promise.all(probing);
  isOver = true;
  return { probes, acknowledged: await loading };
}

function tableOf(probes: readonly Freshness[]): string {
  const row = (name: string, figures: readonly number[]) => {
    const shown = [0.5, 0.99].map((share) => (percentile(figures, share) / 1000).toFixed(2));
    return `| ${[name, ...shown].join(' | ')} |`;
  };
  return [
    '| from acknowledgement to | p50 s | p99 s |',
    '| --- | --- | --- |',
    row(
      "the equipment's hour",
      probes.map(({ hourMs }) => hourMs),
    ),
    row(
      "the fleet's summary",
      probes.map(({ summaryMs }) => summaryMs),
    ),
  ].join('\n');
}

async function main(): Promise<void> {
  const machine = describeMachine();
  const dataDir = mkdtempSync(join(tmpdir(), 'sensorflow-freshness-'));
  const children = new Children();
  process.once('exit', () => rmSync(dataDir, { recursive: true, force: true }));
  const announcement = await startStack(children, dataDir);
  const api = new Api(announcement.baseUrl, await tokenOf(announcement));
  const startedAt = performance.now();
  const { probes, acknowledged } = await measure(api);
  const perSecond = Math.round(acknowledged / ((performance.now() - startedAt) / 1000));
  const text = [
    '# Freshness',
    `${new Date().toISOString()}, \`npm run bench:freshness${options.short ? ' -- --short' : ''}\`, ${machineText(machine)}.`,
    `${perSecond} readings/s acknowledged of ${READINGS_PER_SECOND} offered, over ${EQUIPMENT} equipment; ${api.sentAgain} requests sent again after 429 or 503; ${probes.length} probes, asked for every ${POLL_MS} ms, and less often when they are late; batching windows of 1 s.`,
    tableOf(probes),
  ].join('\n\n');
  say(`\n${text}`);
  keepResult('freshness.md', text);
}

await runToTheEnd('The measurement', main);
