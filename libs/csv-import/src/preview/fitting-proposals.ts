import { MAX_METRICS_PER_READING } from '@sensorflow/sensor-data';
import type { ColumnAsUnderstood } from '../grammar/file-columns.js';
import type { ColumnReason } from './column-reasons.js';

/** A column as it is read, and as it probably is meant: what `columns` may say of it. */
export interface ProposedColumn extends ColumnAsUnderstood {
  readonly proposal: string | null;
  readonly reason: ColumnReason;
}

/** A proposal that was made for a column alone. */
export interface SingleProposal extends ProposedColumn {
  /** The option `columns` speaks of the column. */
  readonly isSaid: boolean;
  readonly isMetric: boolean;
}

/** Words that a metric can be called in a header, but not in `columns`. */
const WORDS_OF_COLUMNS = /^(?:equipmentId|timestamp|date|time|metric)$/i;
const MAX_NAME_LENGTH = 64;

/**
 * Makes proposals that the option `columns` takes together as they are: no role and no name twice, no more metrics
 * than a reading has, and no metric that is called like a role.
 */
export function fittingTogether(columns: readonly SingleProposal[]): readonly ProposedColumn[] {
  const taken = new Set(
    columns.flatMap(({ isSaid, proposal }) => (isSaid && proposal !== null ? [proposal] : [])),
  );
  let metrics = 0;
  return columns.map(({ isSaid, isMetric, ...column }) => {
    const { proposal } = column;
    if (isMetric) metrics += 1;
    if (isSaid || proposal === null) return column;
    if (isMetric && metrics > MAX_METRICS_PER_READING) {
      return leftOut(column, 'too-many-metrics');
    }
    if (!isMetric && taken.has(proposal)) return leftOut(column, 'role-taken');
    const name = isMetric ? freeName(proposal, taken) : proposal;
    taken.add(name);
    if (name === proposal) return column;
    return { ...column, proposal: name, reason: 'name-taken' };
  });
}

function leftOut(column: ProposedColumn, reason: ColumnReason): ProposedColumn {
  return { ...column, proposal: null, reason };
}

function freeName(proposal: string, taken: ReadonlySet<string>): string {
  const base = WORDS_OF_COLUMNS.test(proposal) ? `m_${proposal}` : proposal;
  for (let count = 1; ; count += 1) {
    const end = count === 1 ? '' : `_${count}`;
    const name = base.slice(0, MAX_NAME_LENGTH - end.length) + end;
    if (!taken.has(name)) return name;
  }
}
