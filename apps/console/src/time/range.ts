const HOUR_MS = 3_600_000;
const SHORTEST_MS = 1000;
/** A day less than the API answers at once, for the hours at both ends. */
const LONGEST_MS = 365 * 24 * HOUR_MS;

/** The four that users of the earlier front end know. */
export const NAMED_RANGES = ['24h', '48h', '1w', '1m'] as const;
export type NamedRange = (typeof NAMED_RANGES)[number];

const HOURS: Readonly<Record<NamedRange, number>> = { '24h': 24, '48h': 48, '1w': 168, '1m': 720 };

export interface TimeRange {
  /** Undefined for a free one, which stands still. */
  readonly name: NamedRange | undefined;
  readonly fromEpochMs: number;
  /** Excluded. */
  readonly toEpochMs: number;
}

/** What an address says; the last 24 hours where it says nothing, or nothing that makes sense. */
export function rangeIn(parameters: URLSearchParams, nowEpochMs: number): TimeRange {
  const from = Date.parse(parameters.get('from') ?? '');
  const to = Date.parse(parameters.get('to') ?? '');
  if (to - from >= SHORTEST_MS) {
    return { name: undefined, fromEpochMs: Math.max(from, to - LONGEST_MS), toEpochMs: to };
  }
  const name = NAMED_RANGES.find((each) => each === parameters.get('range')) ?? '24h';
  // Whole hours, so that readings and aggregates speak of the same time.
  const end = Math.floor(nowEpochMs / HOUR_MS + 1) * HOUR_MS;
  return { name, fromEpochMs: end - HOURS[name] * HOUR_MS, toEpochMs: end };
}

/** The hours that the range touches, as the API takes their bounds: aggregates are of whole hours. */
export function wholeHours({ fromEpochMs, toEpochMs }: TimeRange): {
  readonly from: string;
  readonly to: string;
} {
  return {
    from: new Date(Math.floor(fromEpochMs / HOUR_MS) * HOUR_MS).toISOString(),
    to: new Date(Math.ceil(toEpochMs / HOUR_MS) * HOUR_MS).toISOString(),
  };
}

/** The parameters of a range, in place of those of another. */
export function withRange(
  parameters: URLSearchParams,
  range: NamedRange | Pick<TimeRange, 'fromEpochMs' | 'toEpochMs'>,
): URLSearchParams {
  const next = new URLSearchParams(parameters);
  for (const name of ['range', 'from', 'to']) next.delete(name);
  if (typeof range === 'string') next.set('range', range);
  else {
    next.set('from', new Date(range.fromEpochMs).toISOString());
    next.set('to', new Date(range.toEpochMs).toISOString());
  }
  return next;
}

/** The same length of time, so many lengths later. */
export function moved(range: TimeRange, lengths: number): TimeRange {
  const by = lengths * (range.toEpochMs - range.fromEpochMs);
  return { name: undefined, fromEpochMs: range.fromEpochMs + by, toEpochMs: range.toEpochMs + by };
}

/** Around the same middle, so many times as long. */
export function scaled(range: TimeRange, factor: number): TimeRange {
  const middle = (range.fromEpochMs + range.toEpochMs) / 2;
  const half = ((range.toEpochMs - range.fromEpochMs) / 2) * factor;
  const longest = Math.min(half, LONGEST_MS / 2);
  return {
    name: undefined,
    fromEpochMs: Math.round(middle - longest),
    toEpochMs: Math.round(middle + longest),
  };
}
