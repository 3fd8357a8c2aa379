import { accepted, refused, type Parsed } from '@sensorflow/kernel';

const GRAMMAR = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;

export const MAX_METRICS_PER_READING = 64;

/** Tags are named like metrics. */
export function isMetricName(text: string): boolean {
  return GRAMMAR.test(text);
}

/** Fault: `metric-name-invalid`. */
export function parseMetricName(text: string): Parsed<string> {
  if (isMetricName(text)) return accepted(text);
  return refused(
    'metric-name-invalid',
    'A metric name is 1 to 64 letters, digits, "_", "." or "-", and begins with a letter.',
  );
}
