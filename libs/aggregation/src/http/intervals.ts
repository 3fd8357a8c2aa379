/** The intervals that end with the current hour. */
export const INTERVALS = ['24h', '48h', '1w', '1m'] as const;
export type Interval = (typeof INTERVALS)[number];

/** How many hours each has, the current one included. */
export const HOURS_OF_INTERVAL: Readonly<Record<Interval, number>> = {
  '24h': 24,
  '48h': 48,
  '1w': 168,
  '1m': 720,
};
