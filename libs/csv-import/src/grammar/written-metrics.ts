import { accepted, refused, type Parsed } from '@sensorflow/kernel';
import { parseMetricName } from '@sensorflow/sensor-data';
import { unescaped } from './formula-cells.js';
import { MAX_COLUMN_NAME_LENGTH } from './import-options.js';
import { madeMetricName } from './made-metric-name.js';
import type { MissingCells } from './missing-cells.js';

/** A metric that a long file calls otherwise. */
export interface MadeMetric {
  /** As it stands in the file. */
  readonly name: string;
  /** As it is stored. */
  readonly metric: string;
}

/** The code of a name that would be stored as another one is. */
export const METRIC_NAME_TAKEN = 'metric-name-taken';
/** Names of one file that are remembered: they stand in the import's checkpoint. */
const MAX_NAMES = 1024;
const MAX_BYTES = 16 * 1024;

/** Begins and ends with the same one. */
const BETWEEN_SIGNS = /^([^\p{L}\p{N}]).*\1$/u;
const TOO_MANY = refused(
  'too-many-made-names',
  'The names of metrics in a long file, some of which are turned into other names, are too many: 1,024 of 16 KiB together are remembered. Write letters, digits, "_", "." and "-" alone.',
);

/**
 * What the rows of a long file call their metrics. A name that is no metric's is turned into one, as that of a
 * column is. Two names that would become one are told apart by no one: the first keeps it, and the other is refused.
 */
export class WrittenMetrics {
  /** In the order of the file. */
  private readonly metrics = new Map<string, string>();
  private readonly names = new Map<string, string>();
  private bytesLeft = MAX_BYTES;
  private written: string | undefined;

  /** @param state of the names in the rows in front of those that come */
  constructor(state = '') {
    for (const name of state.split('\n')) this.remember(name, madeMetricName(name) ?? '');
  }

  /** What another run needs to go on; empty when nothing was read. */
  get state(): string {
    this.written ??= [...this.metrics.keys()].join('\n');
    return this.written;
  }

  get made(): readonly MadeMetric[] {
    const all = Array.from(this.metrics, ([name, metric]) => ({ name, metric }));
    return all.filter(({ name, metric }) => name !== metric);
  }

  /**
   * The metric that a cell without blanks around it names. Faults: `metric-name-invalid`, `metric-name-taken`,
   * `too-many-made-names`.
   *
   * @param refusal of a row of an error report whose name was taken: what the report says of it
   */
  read(cell: string, missing: MissingCells, refusal?: string): Parsed<string> {
    const name = unescaped(cell);
    const known = this.metrics.get(name);
    const metric = known ?? (canBeMade(name, missing) ? madeMetricName(name) : undefined);
    if (metric === undefined) return parseMetricName(name);
    if (refusal !== undefined && isTakenStill(name, metric, refusal)) {
      return takenStill(name, metric);
    }
    if (known !== undefined) return accepted(known);
    const other = this.names.get(metric);
    if (other !== undefined) return taken(name, metric, other);
    return this.remember(name, metric) || metric === name ? accepted(metric) : TOO_MANY;
  }

  /** Whether there was room for it. */
  private remember(name: string, metric: string): boolean {
    const bytes = Buffer.byteLength(name) + 1;
    if (metric === '' || this.metrics.size >= MAX_NAMES || bytes > this.bytesLeft) return false;
    this.metrics.set(name, metric);
    this.names.set(metric, name);
    this.bytesLeft -= bytes;
    this.written = undefined;
    return true;
  }
}

/** Of the state of some names, that of those which are stored under others. */
export function stateOfMade(state: string): string {
  return new WrittenMetrics(state).made.map(({ name }) => name).join('\n');
}

/** `$RT_OFF$` and `N/A` are signs of the writer, and name no metric. */
function canBeMade(name: string, missing: MissingCells): boolean {
  if (parseMetricName(name).ok) return true;
  return name.length <= MAX_COLUMN_NAME_LENGTH && !BETWEEN_SIGNS.test(name) && !missing.has(name);
}

/**
 * What took the name is not in the report: a name as it was would overwrite its values, and one that is made into
 * another might.
 */
function isTakenStill(name: string, metric: string, refusal: string): boolean {
  return name !== metric || refusal.includes(fallingTogether(name, metric));
}

function takenStill(name: string, metric: string): Parsed<never> {
  return refused(
    METRIC_NAME_TAKEN,
    `${fallingTogether(name, metric)} as one of the imported file may be: write another name, of letters, digits, "_", "." and "-" alone.`,
  );
}

function fallingTogether(name: string, metric: string): string {
  return `${JSON.stringify(name)} would be stored as ${metric},`;
}

function taken(name: string, metric: string, other: string): Parsed<never> {
  return refused(
    METRIC_NAME_TAKEN,
    `${fallingTogether(name, metric)} as ${JSON.stringify(other)} of an earlier row is: give one of them another name.`,
  );
}
