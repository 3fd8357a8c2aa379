import { accepted, refused, type Parsed } from '@sensorflow/kernel';

const GRAMMAR = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;
/** Words that stand in the place of an equipment id in the routes below /sensor-data. */
const RESERVED: ReadonlySet<string> = new Set([
  'aggregated',
  'batch',
  'csv-preview',
  'live',
  'upload-csv',
  'uploads',
]);

/** Faults: `equipment-id-missing` (empty text), `equipment-id-invalid`, `equipment-id-reserved`. */
export function parseEquipmentId(text: string): Parsed<string> {
  if (text === '') return refused('equipment-id-missing', 'A reading names its equipment.');
  if (!GRAMMAR.test(text)) {
    return refused(
      'equipment-id-invalid',
      'An equipment id is 1 to 128 letters, digits, ".", "_", ":" or "-", and begins with a letter or digit.',
    );
  }
  if (RESERVED.has(text)) {
    return refused('equipment-id-reserved', 'This word is part of the API and names no equipment.');
  }
  return accepted(text);
}
