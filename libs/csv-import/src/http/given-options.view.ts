import { OmitType } from '@nestjs/swagger';
import type { ImportOptions } from '../grammar/import-options.js';
import { FileOptionsBody } from './file-options.body.js';

/** Options of an import in the words of a request, so that they can be sent again. */
export class GivenOptionsView extends OmitType(FileOptionsBody, ['fileName']) {}

/** Null for what was not given. */
export function toGivenOptionsView(options: ImportOptions): GivenOptionsView {
  return {
    ...options,
    equipmentId: options.equipmentId ?? null,
    columns: Object.fromEntries(options.columns),
    headerLine: options.headerLine ?? null,
    names: options.names ?? null,
    timestampFormat: options.timestampFormat ?? null,
    timezone: options.timezone ?? null,
    delimiter: options.delimiter ?? null,
    encoding: options.encoding ?? null,
    missing: options.missing ?? null,
  };
}
