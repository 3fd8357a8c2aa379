import { monthlyCost, totalOf, type Design } from './model.ts';

/** The tables that `npm run cost` prints and the README shows. */

const VOLUMES = { '1 M': 1e6, '100 M': 1e8, '10 G': 1e10 } as const;

const ONCE_A_MINUTE: Design = {
  name: 'one reading a request',
  readingsPerRequest: 1,
  readingsPerEquipmentAndHour: 60,
  windowSeconds: 5,
  sweepDelayMinutes: 15,
  regions: 1,
  firewall: true,
  network: 'nat',
};
const BATCHES: Design = { ...ONCE_A_MINUTE, name: 'batches of 500', readingsPerRequest: 500 };
const ONCE_A_SECOND: Design = {
  ...BATCHES,
  name: 'batches of 500, each equipment once a second',
  readingsPerEquipmentAndHour: 3600,
};

export const DESIGNS: readonly Design[] = [
  ONCE_A_MINUTE,
  BATCHES,
  {
    ...BATCHES,
    name: '… without firewall, tasks with public addresses',
    firewall: false,
    network: 'public-ip',
  },
  { ...BATCHES, name: '… without verifying every hour', sweepDelayMinutes: 0 },
  { ...BATCHES, name: '… in two Regions', regions: 2 },
  { ...BATCHES, name: '… in CSV files', readingsPerRequest: 'csv' },
  { ...ONCE_A_SECOND, name: `${ONCE_A_SECOND.name}, window 1 s`, windowSeconds: 1 },
  { ...ONCE_A_SECOND, name: '… window 5 s' },
  { ...ONCE_A_SECOND, name: '… window 60 s', windowSeconds: 60 },
];

/** Dollars a month by design and volume. */
export function designsTable(): string {
  const volumes = Object.values(VOLUMES);
  const rows = DESIGNS.map((design) => {
    const totals = volumes.map((readings) => totalOf(monthlyCost(readings, design)));
    const perMillion = (totals.at(-1) ?? 0) / 1e4;
    return [design.name].concat(totals.map(dollars), perMillion.toFixed(2));
  });
  const head = ['readings a month', ...Object.keys(VOLUMES), '$ per million at 10 G'];
  return markdown([head, ...rows]);
}

/** What the money goes to at 10 G, for the two ways of sending in batches. */
export function linesTable(): string {
  const [minute, second] = [BATCHES, ONCE_A_SECOND].map((design) => monthlyCost(1e10, design));
  const rows = Object.entries(minute ?? {}).map(([name, cost]) => [
    name,
    dollars(cost),
    dollars(second?.[name] ?? 0),
  ]);
  return markdown([['10 G readings in batches of 500', 'once a minute', 'once a second'], ...rows]);
}

function dollars(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function markdown([head = [], ...rows]: readonly (readonly string[])[]): string {
  const rule = head.map((_name, index) => (index === 0 ? '---' : '---:'));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
