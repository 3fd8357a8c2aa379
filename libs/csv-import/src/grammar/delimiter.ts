import { FileFault } from '../file-fault.js';
import { namesReadings } from './file-columns.js';
import { DELIMITERS, type Delimiter, type ImportOptions } from './import-options.js';

/**
 * The delimiter that makes sense of the header line; never a guess. Throws FileFault
 * `delimiter-ambiguous`, or `header-missing-column` when no delimiter is in question.
 */
export function sniffDelimiter(headerText: string, options: ImportOptions): Delimiter {
  const possible = DELIMITERS.filter((delimiter) => delimiter !== options.decimal);
  const present = possible.filter((delimiter) => headerText.includes(delimiter));
  const sensible = present.filter((delimiter) => namesReadings(headerText, delimiter, options));
  const [only, another] = sensible.length > 0 ? sensible : present;
  if (only !== undefined && another === undefined) return only;
  if (only === undefined) {
    throw new FileFault(
      'header-missing-column',
      'The first line must be a header with equipmentId, timestamp and a column with numbers.',
    );
  }
  throw new FileFault(
    'delimiter-ambiguous',
    'The header line can be cut in several ways; say which delimiter it has.',
  );
}
