import type { FittingFormat } from '../grammar/formats-that-fit.js';
import type { ImportOptions } from '../grammar/import-options.js';
import type { CsvPreview } from './csv-preview.js';
import { FORMAT_UNSAID, FoundFaults } from './found-faults.js';
import { onlyFormat } from './proposed-options.js';

/** What a preview would say of a file if it had looked at all of its timestamps: these are the formats of them all. */
export function ofWholeColumn(
  preview: CsvPreview,
  formats: readonly FittingFormat[],
  options: ImportOptions,
): CsvPreview {
  const faults = new FoundFaults(preview.faults.filter(({ code }) => code !== FORMAT_UNSAID));
  faults.addFormats(formats, options);
  const timestampFormat = options.timestampFormat ?? onlyFormat(formats);
  return {
    ...preview,
    timestampFormats: formats,
    options: { ...preview.options, timestampFormat },
    faults: faults.all(),
  };
}
