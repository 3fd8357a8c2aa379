/** A reading as its file writes it, before any dialect. */
export interface WrittenReading {
  readonly equipmentId: string;
  readonly epochMs: number;
  /** Numbers as text with a point, by metric. */
  readonly values: Readonly<Record<string, string>>;
}

const HOUR_MS = 3_600_000;
const FIRST_INSTANT_EPOCH_MS = Date.parse('2022-01-01T00:00:00Z');
const CLOCKS_SET_BACK_EPOCH_MS = Date.parse('2022-10-30T01:00:00Z');

type Numbers = (index: number) => string;
const TWO_DECIMALS: Numbers = (index) => (20 + (index % 8000) / 100).toFixed(2);

interface Sheet {
  readonly equipment?: number;
  readonly stepMs?: number;
  readonly startEpochMs?: number;
  readonly metrics?: readonly string[];
  readonly numbers?: Numbers;
  /** One of the metrics in each row, in turns: a long file. */
  readonly isLong?: boolean;
}

/** The readings of most files: 500 equipment in turns, in order of time. */
export function sheet({
  equipment = 500,
  stepMs = 250,
  startEpochMs = FIRST_INSTANT_EPOCH_MS,
  metrics = ['value'],
  numbers = TWO_DECIMALS,
  isLong = false,
}: Sheet = {}): (index: number) => WrittenReading {
  return (index) => {
    const instant = isLong ? Math.floor(index / metrics.length) : index;
    const of = (metric: number): [string, string] => [
      metrics[metric] ?? '',
      numbers(index + metric * 11),
    ];
    const values = isLong ? [of(index % metrics.length)] : metrics.map((_, metric) => of(metric));
    return {
      equipmentId: `EQ-${10_000 + (instant % equipment)}`,
      epochMs: startEpochMs + instant * stepMs,
      values: Object.fromEntries(values),
    };
  };
}

export function iso(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

/** `2022-01-01 00:00:00.250` in Berlin. */
export function inBerlin(epochMs: number): string {
  const isSummer =
    epochMs >= Date.parse('2022-03-27T01:00:00Z') && epochMs < CLOCKS_SET_BACK_EPOCH_MS;
  return iso(epochMs + (isSummer ? 2 : 1) * HOUR_MS)
    .replace('T', ' ')
    .slice(0, -1);
}

/** `01.02.2022` */
export function germanDate(local: string): string {
  return `${local.slice(8, 10)}.${local.slice(5, 7)}.${local.slice(0, 4)}`;
}

/** `2/1/2022 1:05:00 PM` */
export function american(epochMs: number, date: string): string {
  const text = iso(epochMs);
  const hour = Number(text.slice(11, 13));
  return `${date} ${((hour + 11) % 12) + 1}:${text.slice(14, 19)} ${hour < 12 ? 'AM' : 'PM'}`;
}
