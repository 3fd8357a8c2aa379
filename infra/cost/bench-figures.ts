/**
 * What the model takes from the benchmark: figures of the tables that `npm run bench` prints and keeps in
 * bench/results/latest.md, by row and column. After a run that is to count: copy them here, and what
 * `npm run cost` prints into docs/cost.md.
 */
export const BENCH_FIGURES = {
  apiMicrosPerRequest: { value: 45, row: '… with LOG_LEVEL=info', column: 'CPU µs' },
  apiMicrosPerBatchedReading: { value: 7.57, row: 'SensorFlow, batches of 500', column: 'CPU µs' },
  importedRowsPerSecond: { value: 738_133, row: 'SensorFlow, CSV import', column: 'rows/s' },
} as const;
