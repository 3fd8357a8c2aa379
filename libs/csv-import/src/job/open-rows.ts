import type { Clock } from '@sensorflow/kernel';
import { withoutFirst } from '../text/byte-pieces.js';
import { findHeader, MAX_HEADER_BYTES, type FileHeader } from '../grammar/file-header.js';
import type { TextPlace } from '../text/csv-record.js';
import { FileFault } from '../file-fault.js';
import { refuseBomb } from '../text/gunzip.js';
import {
  isGzipName,
  type FileDialect,
  type ImportCheckpoint,
  type ImportRecord,
  type UploadedObject,
} from './import-record.js';
import { ObjectBytes } from './object-bytes.js';
import { peek } from '../text/text-head.js';
import { openText, resumePlainText, type TextSource } from '../text/text-source.js';
import type { UploadStorage } from './upload-storage.js';

export interface ImportedFile {
  readonly record: ImportRecord;
  readonly object: UploadedObject;
}

/** A file's text from the first row on that is not imported yet. */
export interface OpenRows {
  readonly dialect: FileDialect;
  readonly place: TextPlace;
  /** The bytes from `place` on. */
  readonly bytes: AsyncIterable<Buffer>;
  /** How many bytes of the object were read to come to this place of the text. */
  processed(place: TextPlace): number;
}

/** Reads the header, or goes on at the checkpoint. Throws FileFault for what is wrong in front of the rows. */
export async function openRows(
  file: ImportedFile,
  checkpoint: ImportCheckpoint,
  ports: { readonly storage: UploadStorage; readonly clock: Clock },
): Promise<OpenRows> {
  const gzip = isGzipName(file.record.fileName);
  const { dialect } = checkpoint;
  const inPlace = !gzip && dialect?.encoding === 'utf-8';
  if (gzip && !dialect) await refuseBomb(objectBytes(file, gzip, 0, ports), file.object.bytes);
  const source = objectBytes(file, gzip, inPlace ? checkpoint.offset : 0, ports);
  const encoding = dialect?.encoding ?? file.record.options.encoding;
  const text = inPlace
    ? resumePlainText(source)
    : await openText(source, { gzip, encoding }, dialect ? checkpoint.offset : 0);
  const isPlain = !gzip && text.encoding === 'utf-8';
  const processed = ({ offset }: TextPlace): number => (isPlain ? offset : source.position);
  if (dialect) {
    return { dialect, place: checkpoint, bytes: text.bytes, processed };
  }
  return { ...(await behindHeader(file, text)), processed };
}

async function behindHeader({ record }: ImportedFile, text: TextSource) {
  const { head, all, fault } = await peek(text.bytes, MAX_HEADER_BYTES + 1);
  const header = headerOf(head, fault, record);
  return {
    dialect: {
      encoding: text.encoding,
      delimiter: header.delimiter,
      headerText: header.text,
      headerLine: header.line,
    },
    place: header.next,
    bytes: withoutFirst(all, header.next.offset),
  };
}

/** Of a file that breaks off, the break is the fault, not the header that it cut. */
function headerOf(head: Buffer, fault: FileFault | undefined, record: ImportRecord): FileHeader {
  try {
    return findHeader(head, record.options);
  } catch (error) {
    throw fault ?? error;
  }
}

function objectBytes(
  { record, object }: ImportedFile,
  gzip: boolean,
  offset: number,
  { storage, clock }: { readonly storage: UploadStorage; readonly clock: Clock },
): ObjectBytes {
  const version = { uploadId: record.uploadId, gzip, etag: object.etag };
  return new ObjectBytes(storage, clock, version, object, offset);
}
