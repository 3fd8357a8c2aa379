import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { join } from 'node:path';
import { argumentsOrExit } from '../libs/platform/src/terminal/command.ts';
import { describeMachine } from './machine.ts';
import { apiVariables, API_PROGRAM } from './product.ts';
import { machineText } from './report.ts';
import { CallCounter, type Calls } from './scale/call-counter.ts';
import { createTables, startStore } from './scale/product-store.ts';
import { seedFleet, type FleetSize } from './scale/seed-fleet.ts';
import { ROOT } from './root.ts';
import { keepResult, runToTheEnd } from './run-to-the-end.ts';
import { Stand } from './stand.ts';
import { median } from './statistics.ts';
import { waitForPort } from './children.ts';
import { freePort } from './free-port.ts';

const USAGE = `Usage: npm run bench:scale [-- --short]

DynamoDB calls and time of the aggregates' summary and of their first page, for fleets of different sizes, on the embedded
store; writes bench/results/scale.md. Exits with 1 when a summary costs more than three calls, or not the same for all
fleets.

  --short   smaller fleets, fewer repetitions`;

const { values: options } = argumentsOrExit({
  usage: USAGE,
  options: { short: { type: 'boolean', default: false } },
  places: 0,
});
const FLEETS: readonly FleetSize[] = [
  { equipment: 10, shards: 1 },
  { equipment: 1000, shards: 1 },
  options.short ? { equipment: 10_000, shards: 8 } : { equipment: 100_000, shards: 64 },
];
const REPETITIONS = options.short ? 10 : 30;
const MOST_SUMMARY_CALLS = 3;

interface Row extends Calls {
  readonly fleet: FleetSize;
  readonly query: string;
  readonly medianMs: number;
  readonly totalCount: number;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function measureFleet(stand: Stand, storeUrl: string, fleet: FleetSize): Promise<Row[]> {
  const table = `bench-aggregates-${fleet.equipment}`;
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
  const client = new DynamoDBClient({ endpoint: storeUrl, region: 'local', credentials });
  await createTables(client, table);
  const startedAt = performance.now();
  await seedFleet(client, table, fleet, Date.now());
  say(
    `${fleet.equipment} equipment: seeded in ${Math.round((performance.now() - startedAt) / 1000)} s`,
  );
  client.destroy();
  const counter = new CallCounter(storeUrl);
  const port = await freePort();
  const variables = apiVariables(stand.cloud, await counter.start(), port, 'warn');
  const api = stand.children.start({
    name: `api-${fleet.equipment}`,
    core: undefined,
    command: [join(ROOT, API_PROGRAM)],
    variables: { ...variables, DYNAMODB_AGGREGATE_TABLE_NAME: table },
  });
  await waitForPort(port, api);
  const rows: Row[] = [];
  for (const query of ['interval=24h&limit=1', 'interval=1m&limit=1', 'interval=24h&limit=100']) {
    rows.push({ fleet, query, ...(await measureQuery(stand, counter, port, query)) });
  }
  await api.stop();
  counter.stop();
  return rows;
}

async function measureQuery(stand: Stand, counter: CallCounter, port: number, query: string) {
  const headers = { authorization: `Bearer ${stand.cloud.machineToken()}` };
  const times: number[] = [];
  let [calls, totalCount] = [counter.take(), 0];
  for (let i = 0; i <= REPETITIONS; i += 1) {
    counter.take();
    const startedAt = performance.now();
    const answer = await fetch(`http://127.0.0.1:${port}/sensor-data/aggregated?${query}`, {
      headers,
    });
    const body = (await answer.json()) as { readonly totalCount: number };
    if (answer.status !== 200) throw new Error(JSON.stringify(body));
    // The first answer warms the connection up.
    if (i > 0) times.push(performance.now() - startedAt);
    [calls, totalCount] = [counter.take(), body.totalCount];
  }
  return { ...calls, totalCount, medianMs: median(times) };
}

function tableOf(rows: readonly Row[]): string {
  const lines = rows.map(({ fleet, query, summary, items, medianMs, totalCount }) => {
    const cells = [fleet.equipment.toLocaleString('en'), fleet.shards, `\`${query}\``];
    return [...cells, summary, items, medianMs.toFixed(1), totalCount.toLocaleString('en')];
  });
  const head = [
    'equipment',
    'shards',
    'query',
    'calls for the summary',
    'calls for the items',
    'median ms',
    'samples',
  ];
  const text = [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`);
  return text.join('\n');
}

async function main(): Promise<number> {
  const machine = describeMachine();
  const stand = new Stand(machine);
  await stand.cloud.start();
  const store = await startStore(stand.folder);
  try {
    const rows: Row[] = [];
    for (const fleet of FLEETS) rows.push(...(await measureFleet(stand, store.url, fleet)));
    const text = [
      '# The scale table',
      `${new Date().toISOString()}, \`npm run bench:scale${options.short ? ' -- --short' : ''}\`, ${machineText(machine)}.`,
      tableOf(rows),
      'A month of aggregates in the embedded store: all equipment in the current hour and at the beginning of the last day, two in each other hour. The items’ calls are one for the days’ layouts and one for each shard of a day, until the page is full.',
    ].join('\n\n');
    say(`\n${text}`);
    keepResult('scale.md', text);
    return isFlat(rows) ? 0 : 1;
  } finally {
    await store.stop();
    stand.close();
  }
}

function isFlat(rows: readonly Row[]): boolean {
  const calls = new Set(rows.map(({ summary }) => summary));
  return calls.size === 1 && Math.max(...calls) <= MOST_SUMMARY_CALLS;
}

await runToTheEnd('The scale table', main);
