import type { components } from '#console-api';
import type { Choices, FileOptions } from './choices.ts';
import type { FileHead } from './file-head.ts';

export type Target = components['schemas']['ImportUpload'];
export type Wish = components['schemas']['NewImport'];

export type Stage =
  | { readonly kind: 'choosing' }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'opening' }
  | { readonly kind: 'uploading'; readonly sentBytes: number; readonly startedAtEpochMs: number }
  | { readonly kind: 'refused'; readonly error: unknown }
  | { readonly kind: 'uploaded' };

/** A file that somebody chose, on its way to become an import. */
export interface Draft {
  readonly id: number;
  readonly file: File;
  readonly head: FileHead;
  /** As typed. */
  readonly choices: Choices;
  /** The same, some time after the last key: what previews are asked for. */
  readonly settled: Choices;
  readonly stage: Stage;
  /** What is sent with the file, once it is. */
  readonly wish?: Wish;
  /** Where the import waits for the file, once it is opened. */
  readonly target?: Target;
}

/** What opens the import of a file. */
export function wishOf({ name, size }: File, options: FileOptions, dryRun: boolean): Wish {
  return { fileName: name, size, ...options, ...(dryRun && { dryRun }) };
}
