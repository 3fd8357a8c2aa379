import { get } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Children } from './children.ts';
import { startSecondApi, startStack, tokenOf } from './embedded-stack.ts';
import { describeMachine } from './machine.ts';
import { machineText, table } from './report.ts';
import { percentile } from './statistics.ts';
import { keepResult, runToTheEnd } from './run-to-the-end.ts';

/**
 * Live: `npm run bench:live`. How long after its acknowledgement a reading is with a client of a live feed,
 * while the embedded stack takes 1,000 readings/s in batches of 50 and has 200 clients: half of them at the API
 * process that takes the readings, half at another one.
 */
const { values: options } = parseArgs({ options: { short: { type: 'boolean', default: false } } });
const SECONDS = options.short ? 15 : 60;
const BATCHES_PER_SECOND = 20;
const READINGS_PER_BATCH = 50;
const EQUIPMENT = 20;
const CLIENTS = 200;
/** A caller has no more of them. */
const FEEDS_PER_KEY = 10;
const LAST_EVENTS_MS = 5_000;
/** After so long a new key works in every process. */
const KEYS_KNOWN_MS = 10_000;

async function post(url: string, token: string, json: unknown): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(json),
  });
}

/** When each batch was acknowledged, by the first of its values. */
type Acknowledgements = Map<string, number>;

/** Steps between an acknowledgement and its arrival at each client that follows the equipment. */
class Delays {
  readonly figures: number[] = [];
  private readonly early = new Map<string, number[]>();
  private readonly acknowledged: Acknowledgements = new Map();

  acknowledge(batch: string, atMs: number): void {
    this.acknowledged.set(batch, atMs);
    // An event can overtake the answer.
    for (const arrivedMs of this.early.get(batch) ?? []) this.note(arrivedMs - atMs);
    this.early.delete(batch);
  }

  arrive(batch: string, atMs: number): void {
    const acknowledgedMs = this.acknowledged.get(batch);
    if (acknowledgedMs !== undefined) this.note(atMs - acknowledgedMs);
    else this.early.set(batch, [...(this.early.get(batch) ?? []), atMs]);
  }

  private note(ms: number): void {
    this.figures.push(Math.max(0, ms));
  }
}

function follow(baseUrl: string, key: string, equipmentId: string, delays: Delays): void {
  const url = `${baseUrl}/sensor-data/live?equipmentId=${equipmentId}`;
  const request = get(url, { agent: false, headers: { 'x-api-key': key } }, (response) => {
    if (response.statusCode !== 200) throw new Error(`a feed was answered ${response.statusCode}`);
    let text = '';
    response.setEncoding('utf8').on('data', (chunk: string) => {
      const atMs = performance.now();
      text += chunk;
      const events = text.split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) noteEvent(event, equipmentId, atMs, delays);
    });
  });
  request.on('error', () => undefined);
}

function noteEvent(event: string, equipmentId: string, atMs: number, delays: Delays): void {
  if (!event.startsWith('event: reading')) return;
  const data = event.slice(event.indexOf('data: ') + 'data: '.length);
  for (const { value } of JSON.parse(data) as readonly { readonly value: number }[]) {
    if (value % READINGS_PER_BATCH === 0) delays.arrive(`${equipmentId}/${value}`, atMs);
  }
}

/** Answers how many readings were acknowledged. */
async function load(baseUrl: string, token: string, clients: readonly Delays[]): Promise<number> {
  const startedAt = performance.now();
  const sending: Promise<boolean>[] = [];
  for (let tick = 0; tick < SECONDS * BATCHES_PER_SECOND; tick += 1) {
    const equipmentId = `LIVE-${tick % EQUIPMENT}`;
    const first = Math.floor(tick / EQUIPMENT) * READINGS_PER_BATCH;
    const batch = Array.from({ length: READINGS_PER_BATCH }, (_, index) => ({
      equipmentId,
      timestamp: new Date(Date.UTC(2026, 0, 1) + (first + index) * 1000).toISOString(),
      value: first + index,
    }));
    sending.push(
      post(`${baseUrl}/sensor-data/batch`, token, batch).then(async (answer) => {
        const atMs = performance.now();
        for (const delays of clients) delays.acknowledge(`${equipmentId}/${first}`, atMs);
        await answer.arrayBuffer();
        return answer.status === 201;
      }),
    );
    const dueMs = startedAt + ((tick + 1) * 1000) / BATCHES_PER_SECOND;
    await delay(Math.max(0, dueMs - performance.now()));
  }
  const taken = await Promise.all(sending);
  return taken.filter(Boolean).length * READINGS_PER_BATCH;
}

/** As many as the clients need. */
async function keysOf(baseUrl: string, token: string): Promise<readonly string[]> {
  const keys: string[] = [];
  while (keys.length * FEEDS_PER_KEY < CLIENTS) {
    const wish = { name: `clients ${keys.length}`, scopes: ['sensorflow/read'] };
    const answer = await post(`${baseUrl}/api-keys`, token, wish);
    keys.push(((await answer.json()) as { readonly key: string }).key);
  }
  return keys;
}

function row(name: string, { figures }: Delays): readonly string[] {
  return [name, ...[0.5, 0.99].map((share) => (percentile(figures, share) / 1000).toFixed(2))];
}

async function main(): Promise<void> {
  const machine = describeMachine();
  const dataDir = mkdtempSync(join(tmpdir(), 'sensorflow-live-'));
  const children = new Children();
  process.once('exit', () => rmSync(dataDir, { recursive: true, force: true }));
  const announcement = await startStack(children, dataDir);
  const { baseUrl } = announcement;
  const token = await tokenOf(announcement);
  const otherUrl = await startSecondApi(children, announcement, dataDir);
  const here = new Delays();
  const there = new Delays();
  const keys = await keysOf(baseUrl, token);
  await delay(KEYS_KNOWN_MS);
  for (let client = 0; client < CLIENTS; client += 1) {
    const key = keys[Math.floor(client / FEEDS_PER_KEY)] ?? '';
    // Each equipment has as many clients at either process.
    const isHere = Math.floor(client / EQUIPMENT) % 2 === 0;
    follow(isHere ? baseUrl : otherUrl, key, `LIVE-${client % EQUIPMENT}`, isHere ? here : there);
  }
  await delay(2000);
  const acknowledged = await load(baseUrl, token, [here, there]);
  await delay(LAST_EVENTS_MS);
  const arrived = here.figures.length + there.figures.length;
  const expected = (acknowledged / READINGS_PER_BATCH) * (CLIENTS / EQUIPMENT);
  const text = [
    '# Live feeds',
    `${new Date().toISOString()}, \`npm run bench:live${options.short ? ' -- --short' : ''}\`, ${machineText(machine)}.`,
    `${Math.round(acknowledged / SECONDS)} readings/s acknowledged of ${BATCHES_PER_SECOND * READINGS_PER_BATCH} offered, in batches of ${READINGS_PER_BATCH} of one equipment; ${CLIENTS} clients, half of them of another process, each of one of ${EQUIPMENT} equipment; ${arrived} of ${expected} batches arrived.`,
    table(
      ['from acknowledgement to', 'p50 s', 'p99 s'],
      [
        row('clients of the process that took it', here),
        row('clients of the other process', there),
      ],
    ),
  ].join('\n\n');
  process.stdout.write(`\n${text}\n`);
  keepResult('live.md', text);
}

await runToTheEnd('The measurement', main);
