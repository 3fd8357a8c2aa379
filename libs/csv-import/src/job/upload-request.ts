import type { ImportOptions } from '../grammar/import-options.js';

/** What a caller asks for when opening an import. */
export interface UploadRequest extends Partial<ImportOptions> {
  readonly fileName: string;
  /** Bytes of the file. */
  readonly size: number;
}

const MAX_FILE_NAME_BYTES = 255;
/** Control characters, path separators, and marks that turn the direction of what is shown. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}/\\]/u;
const IMPORTABLE = /.\.(?:csv|tsv|txt|dat)(?:\.gz)?$/is;

/** The name is only ever shown; still nothing gets in that could act up where it is. */
export function isFileName(text: string): boolean {
  return text !== '' && Buffer.byteLength(text) <= MAX_FILE_NAME_BYTES && !UNSAFE.test(text);
}

export function isImportable(fileName: string): boolean {
  return IMPORTABLE.test(fileName);
}
