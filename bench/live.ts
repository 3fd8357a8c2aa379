import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { argumentsOrExit } from '../libs/platform/src/terminal/command.ts';
import { Children } from './children.ts';
import { startSecondApi, startStack, tokenOf } from './embedded-stack.ts';
import { Delays } from './live/delays.ts';
import { Follower, type Target } from './live/follower.ts';
import { describeMachine, type Machine } from './machine.ts';
import { machineText, table } from './report.ts';
import { percentile } from './statistics.ts';
import { keepResult, runToTheEnd } from './run-to-the-end.ts';

const USAGE = `Usage: npm run bench:live [-- --short]

How long after its acknowledgement a reading is with a client of a live feed, while the embedded stack takes 1,000
readings/s in batches of 50 and has 200 clients at two API processes, one of which takes the readings. Clients leave at
random, and come back at either process. Fails when a reading is late, missing, or there twice.
Writes bench/results/live.md, but not with --seconds or --clients.

  --short        for 15 s instead of 120
  --seconds <n>  for as long as this
  --clients <n>  with as many clients`;

const { values: options } = argumentsOrExit({
  usage: USAGE,
  options: {
    short: { type: 'boolean', default: false },
    seconds: { type: 'string' },
    clients: { type: 'string' },
  },
  places: 0,
});
const SECONDS = Number(options.seconds ?? (options.short ? 15 : 120));
const CLIENTS = Number(options.clients ?? 200);
const IS_KEPT = options.seconds === undefined && options.clients === undefined;
const MOST_P99_MS = 2_000;
const BATCHES_PER_SECOND = 20;
const READINGS_PER_BATCH = 50;
const EQUIPMENT = 20;
const MOST_VALUES = Math.ceil((SECONDS * BATCHES_PER_SECOND) / EQUIPMENT) * READINGS_PER_BATCH;
/** A caller has ten feeds in each process, and clients come back to either before they have left the other. */
const CLIENTS_OF_A_KEY = 5;
const BREAK_OFF_EVERY_MS = 200;
const LAST_EVENTS_WITHIN_MS = 30_000;
/** After so long a new key works in every process. */
const KEYS_KNOWN_MS = 10_000;

async function post(url: string, token: string, json: unknown): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(json),
  });
}

/** The first values of the batches that were acknowledged, by equipment. */
type Acknowledged = ReadonlyMap<string, readonly number[]>;

/** Sends what is due, and notes what was acknowledged. */
async function load(
  baseUrl: string,
  token: string,
  delays: readonly Delays[],
): Promise<Acknowledged> {
  const acknowledged = new Map<string, number[]>();
  const send = async (equipmentId: string, first: number): Promise<void> => {
    const answer = await post(`${baseUrl}/sensor-data/batch`, token, batchOf(equipmentId, first));
    const atMs = performance.now();
    await answer.arrayBuffer();
    if (answer.status !== 201) return;
    for (const one of delays) one.acknowledge(`${equipmentId}/${first}`, atMs);
    acknowledged.set(equipmentId, [...(acknowledged.get(equipmentId) ?? []), first]);
  };
  const startedAt = performance.now();
  const sending: Promise<void>[] = [];
  for (let tick = 0; tick < SECONDS * BATCHES_PER_SECOND; tick += 1) {
    sending.push(send(nameOf(tick), Math.floor(tick / EQUIPMENT) * READINGS_PER_BATCH));
    const dueMs = startedAt + ((tick + 1) * 1000) / BATCHES_PER_SECOND;
    await delay(Math.max(0, dueMs - performance.now()));
  }
  await Promise.all(sending);
  return acknowledged;
}

function batchOf(equipmentId: string, first: number): readonly object[] {
  return Array.from({ length: READINGS_PER_BATCH }, (_, index) => ({
    equipmentId,
    timestamp: new Date(Date.UTC(2026, 0, 1) + (first + index) * 1000).toISOString(),
    value: first + index,
  }));
}

function nameOf(number: number): string {
  return `LIVE-${number % EQUIPMENT}`;
}

/** As many as the clients need. */
async function keysOf(baseUrl: string, token: string): Promise<readonly string[]> {
  const keys: string[] = [];
  while (keys.length * CLIENTS_OF_A_KEY < CLIENTS) {
    const wish = { name: `clients ${keys.length}`, scopes: ['sensorflow/read'] };
    const answer = await post(`${baseUrl}/api-keys`, token, wish);
    keys.push(((await answer.json()) as { readonly key: string }).key);
  }
  return keys;
}

function targetOf(baseUrl: string, delays: Delays): Target {
  return {
    baseUrl,
    onReading: (equipmentId, value, atMs) => {
      if (value % READINGS_PER_BATCH === 0) delays.arrive(`${equipmentId}/${value}`, atMs);
    },
  };
}

/** A client of each equipment after the other, at one process and the other. */
function followersOf(keys: readonly string[], targets: readonly Target[]): readonly Follower[] {
  return Array.from({ length: CLIENTS }, (_, number) => {
    let connections = Math.floor(number / EQUIPMENT);
    return new Follower({
      equipmentId: nameOf(number),
      key: keys[number % keys.length] ?? '',
      values: MOST_VALUES,
      choose: () => {
        const target = targets[connections % targets.length];
        connections += 1 + Math.floor(Math.random() * targets.length);
        if (!target) throw new Error('there is no process');
        return target;
      },
    });
  });
}

interface Result {
  readonly acknowledged: Acknowledged;
  readonly followers: readonly Follower[];
  /** Of clients of the process that took the readings, and of the other one. */
  readonly here: Delays;
  readonly there: Delays;
  readonly reconnects: number;
}

/** How many readings each client should have seen and has not, and how many it has seen more than once, in all. */
function faultyReadings({ followers, acknowledged }: Pick<Result, 'followers' | 'acknowledged'>) {
  let missing = 0;
  let doubled = 0;
  for (const { following, counts } of followers) {
    for (const first of acknowledged.get(following.equipmentId) ?? []) {
      missing += counts.subarray(first, first + READINGS_PER_BATCH).filter((n) => n === 0).length;
    }
    doubled += counts.filter((count) => count > 1).length;
  }
  return { missing, doubled };
}

/** Waits for what is on its way, and for what may come twice. */
async function untilAllSeen(seen: Pick<Result, 'followers' | 'acknowledged'>): Promise<void> {
  const deadline = performance.now() + LAST_EVENTS_WITHIN_MS;
  while (faultyReadings(seen).missing > 0 && performance.now() < deadline) {
    await delay(BREAK_OFF_EVERY_MS);
  }
  await delay(1000);
}

function row(name: string, { figuresMs }: Delays): readonly string[] {
  return [name, ...[0.5, 0.99].map((share) => (percentile(figuresMs, share) / 1000).toFixed(2))];
}

async function measure(): Promise<Result> {
  const dataDir = mkdtempSync(join(tmpdir(), 'sensorflow-live-'));
  const children = new Children();
  process.once('exit', () => rmSync(dataDir, { recursive: true, force: true }));
  const announcement = await startStack(children, dataDir);
  const { baseUrl } = announcement;
  const token = await tokenOf(announcement);
  const otherUrl = await startSecondApi(children, announcement, dataDir);
  const [here, there] = [new Delays(), new Delays()];
  const keys = await keysOf(baseUrl, token);
  await delay(KEYS_KNOWN_MS);
  const followers = followersOf(keys, [targetOf(baseUrl, here), targetOf(otherUrl, there)]);
  await Promise.all(followers.map((follower) => follower.connect()));
  let reconnects = 0;
  const breakingOff = setInterval(() => {
    followers[Math.floor(Math.random() * CLIENTS)]?.breakOff();
    reconnects += 1;
  }, BREAK_OFF_EVERY_MS);
  const acknowledged = await load(baseUrl, token, [here, there]);
  clearInterval(breakingOff);
  await untilAllSeen({ followers, acknowledged });
  for (const follower of followers) follower.end();
  return { acknowledged, followers, here, there, reconnects };
}

function reportOf(result: Result, machine: Machine): string {
  const { acknowledged, followers, here, there, reconnects } = result;
  const batches = [...acknowledged.values()].reduce((sum, { length }) => sum + length, 0);
  const expected = followers.reduce(
    (sum, { following }) => sum + (acknowledged.get(following.equipmentId)?.length ?? 0),
    0,
  );
  const arrived = here.figuresMs.length + there.figuresMs.length;
  const { missing, doubled } = faultyReadings(result);
  const perSecond = Math.round((batches * READINGS_PER_BATCH) / SECONDS);
  const offered = BATCHES_PER_SECOND * READINGS_PER_BATCH;
  return [
    '# Live feeds',
    `${new Date().toISOString()}, \`npm run bench:live${options.short ? ' -- --short' : ''}\`, ${machineText(machine)}.`,
    `${perSecond} readings/s acknowledged of ${offered} offered for ${SECONDS} s, in batches of ${READINGS_PER_BATCH} of one equipment; ${CLIENTS} clients, half of them of another process at first, each of one of ${EQUIPMENT} equipment; ${arrived} of ${expected} batches arrived. ${reconnects} times a client left and came back at either process; ${missing} readings were missing, and ${doubled} came twice.`,
    table(
      ['from acknowledgement to', 'p50 s', 'p99 s'],
      [
        row('clients of the process that took it', here),
        row('clients of the other process', there),
      ],
    ),
  ].join('\n\n');
}

function faultsIn(result: Result): readonly string[] {
  const { acknowledged, followers, here, there } = result;
  const { missing, doubled } = faultyReadings(result);
  const resyncs = followers.reduce((sum, follower) => sum + follower.resyncs, 0);
  const p99sMs = [here, there].map(({ figuresMs }) => percentile(figuresMs, 0.99));
  return [
    ...(acknowledged.size === 0 ? ['nothing was acknowledged'] : []),
    ...(missing > 0 ? [`${missing} readings are missing`] : []),
    ...(doubled > 0 ? [`${doubled} readings came twice`] : []),
    ...(resyncs > 0 ? [`${resyncs} times a client was told that the past cannot be told`] : []),
    ...(p99sMs.every((ms) => ms < MOST_P99_MS) ? [] : [`p99 is not below ${MOST_P99_MS} ms`]),
  ];
}

async function main(): Promise<number> {
  const machine = describeMachine();
  const result = await measure();
  const text = reportOf(result, machine);
  process.stdout.write(`\n${text}\n`);
  if (IS_KEPT) keepResult('live.md', text);
  const faults = faultsIn(result);
  for (const fault of faults) process.stderr.write(`FAILED: ${fault}.\n`);
  return faults.length === 0 ? 0 : 1;
}

await runToTheEnd('The measurement', main);
