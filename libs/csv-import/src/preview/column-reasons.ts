import { MAX_METRICS_PER_READING } from '@sensorflow/sensor-data';

/** Why a column is read, or probably meant, as it is: a stable code, and a sentence for people. */
export const COLUMN_REASONS = {
  'said-by-columns': 'The option columns says so.',
  'equipment-of-file': 'The option equipmentId names that of the whole file.',
  'named-so': 'Its name says so.',
  'holds-timestamps': 'Its cells can be read as timestamps.',
  'date-and-time-apart': 'Date and time of day stand in two columns.',
  'holds-equipment-ids': 'Its cells can be equipment ids.',
  'row-for-each-value': 'The file seems to have a row for each value.',
  'beside-value': 'The column value has all numbers.',
  'other-letters': 'The name of a metric has other letters.',
  'no-name': 'It has no name.',
  'left-out': 'It is left out.',
  'decimal-commas': 'Its numbers have decimal commas: the option decimal is to say so.',
  'no-number': 'None of its cells is a number.',
  metric: 'Every other column is a metric.',
  'metric-renamed': 'Every other column is a metric; its name is made that of one.',
  'too-many-metrics': `A reading has at most ${MAX_METRICS_PER_READING} metrics.`,
  'role-taken': 'Another column has this role.',
  'name-taken': 'Its name alone means another column or a role.',
} as const;

export type ColumnReason = keyof typeof COLUMN_REASONS;
