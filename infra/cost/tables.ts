import { prod } from '../environments/prod.ts';
import { small } from '../environments/small.ts';
import type { Design, Sending } from './design.ts';
import { MEASURED, PACKED } from './inputs.ts';
import { monthlyCost, totalOf, type MonthlyCost } from './model.ts';
import { unitsPerSecond } from './table-units.ts';

/** The tables that `npm run cost` prints and docs/cost.md shows. */

const VOLUMES = { '1 M': 1e6, '100 M': 1e8, '10 G': 1e10 } as const;

const ALONE: Sending = {
  readingsPerRequest: 1,
  packed: { readings: 1, hours: 1, blocks: 1, bytes: MEASURED.readingBytes.value },
  keepsConnection: true,
};

export const SINGLE: Design = {
  name: 'one a minute, single requests',
  sending: ALONE,
  readingsPerEquipmentAndHour: 60,
  capacity: 'on-demand',
  refreshSeconds: 300,
  windowSeconds: 1,
  sumsWindowSeconds: prod.sumsWindowSeconds ?? 1,
  sweepDelayMinutes: 15,
  regions: 1,
  availabilityZones: 3,
  firewall: false,
  network: 'public-ip',
  monitoring: 'full',
  logLevel: 'info',
  tasks: prod.tasks,
  tokenMinutes: 60,
};
export const BATCHES: Design = {
  ...SINGLE,
  name: 'one a minute, in batches of 500',
  sending: { ...ALONE, readingsPerRequest: 500 },
};
export const FIFTY: Design = {
  ...SINGLE,
  name: '50 of one equipment in a request',
  sending: { readingsPerRequest: 50, packed: PACKED.fifty, keepsConnection: true },
};
export const CSV: Design = {
  ...SINGLE,
  name: 'CSV files',
  sending: { readingsPerRequest: 'csv', packed: PACKED.hourOfFile, keepsConnection: false },
};
export const SMALL: Design = {
  ...SINGLE,
  name: '`small`: one a minute, single requests',
  availabilityZones: small.availabilityZones ?? 3,
  monitoring: small.monitoring,
  sumsWindowSeconds: small.sumsWindowSeconds ?? 1,
  tasks: small.tasks,
  tokenMinutes: small.machineClients[0]?.tokenMinutes ?? 60,
};

export const DESIGNS: readonly Design[] = [
  SINGLE,
  { ...SINGLE, name: '… without a log line for each', logLevel: 'warn' },
  {
    ...SINGLE,
    name: '… each over a new connection',
    sending: { ...ALONE, keepsConnection: false },
  },
  { ...SINGLE, name: '… with firewall', firewall: true },
  BATCHES,
  {
    ...BATCHES,
    name: '… aggregates of the fleet after 5 s',
    refreshSeconds: 5,
    sumsWindowSeconds: 1,
  },
  {
    ...BATCHES,
    name: '… as in `prod`: two Regions, firewall, NAT',
    regions: 2,
    firewall: true,
    network: 'nat',
  },
  FIFTY,
  CSV,
  { ...SINGLE, name: 'once a second, single requests', readingsPerEquipmentAndHour: 3600 },
  SMALL,
];

/** Dollars a month by design and volume; the largest also with provisioned tables. */
export function designsTable(): string {
  const rows = DESIGNS.map((design) => {
    const totals = Object.values(VOLUMES).map((readings) => totalOf(monthlyCost(readings, design)));
    const perMillion = (one: number) => (one / (VOLUMES['10 G'] / 1e6)).toFixed(2);
    return [design.name].concat(
      totals.map(dollars),
      perMillion(totals.at(-1) ?? 0),
      perMillion(totalOf(monthlyCost(VOLUMES['10 G'], provisioned(design)))),
    );
  });
  const head = [
    'readings a month',
    ...Object.keys(VOLUMES),
    '$ per million at 10 G',
    'provisioned',
  ];
  return markdown([head, ...rows]);
}

const LINES = [SINGLE, BATCHES, FIFTY, CSV].map(provisioned);

/** What the money goes to at 10 G, with provisioned tables. */
export function linesTable(): string {
  const costs = LINES.map((design) => monthlyCost(VOLUMES['10 G'], design));
  const names = Object.keys(costs[0] ?? {}).filter((name) => costs.some((cost) => cost[name]));
  const rows = names.map((name) => [name].concat(costs.map((cost) => dollars(cost[name] ?? 0))));
  return markdown([
    ['10 G readings a month, provisioned', ...LINES.map(({ name }) => name)],
    ...rows,
  ]);
}

/** What `small` costs before the first reading, and with a million. */
export function smallTable(): string {
  const [idle, million] = [0, 1e6].map((readings) => monthlyCost(readings, SMALL));
  const cents = (cost: MonthlyCost | undefined, name: string) => (cost?.[name] ?? 0).toFixed(2);
  const rows = Object.keys(million ?? {})
    .filter((name) => cents(million, name) !== '0.00')
    .map((name) => [name, cents(idle, name), cents(million, name)]);
  const totals = [idle, million].map((cost) => totalOf(cost ?? {}).toFixed(2));
  return markdown([
    ['`small`, one Region', 'no reading', '1 M readings'],
    ...rows,
    ['all', ...totals],
  ]);
}

/** What each table has to take a second when readings come evenly. */
export function unitsTable(): string {
  const rows = [SINGLE, BATCHES, FIFTY].map((design) => {
    const { readings, aggregates } = unitsPerSecond(VOLUMES['10 G'], design);
    const units = [readings.writes, readings.reads, aggregates.writes, aggregates.reads];
    return [design.name].concat(units.map((one) => dollars(one)));
  });
  const head = [
    '10 G readings a month',
    'readings: writes/s',
    'reads/s',
    'aggregates: writes/s',
    'reads/s',
  ];
  return markdown([head, ...rows]);
}

export function provisioned(design: Design): Design {
  return { ...design, capacity: 'provisioned' };
}

function dollars(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

export function markdown([head = [], ...rows]: readonly (readonly string[])[]): string {
  const rule = head.map((_name, index) => (index === 0 ? '---' : '---:'));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
