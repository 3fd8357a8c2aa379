import { FileFault } from '../file-fault.js';

const SAVE_AS_CSV = 'save the sheet as CSV and upload that';
const EXPORT_AS_CSV = 'export the data as CSV';
const IMAGE = 'an image: a file has the numbers as text';
const WORKBOOK = `an Excel workbook (.xlsx): ${SAVE_AS_CSV}`;

/** What a file is that is no text of rows, and what to do about it: by its first bytes, as Latin-1. */
const BINARY_KINDS: Readonly<Record<string, string>> = {
  'PK\u0003\u0004': 'a ZIP archive: upload the file in it, plain or compressed with gzip',
  'PK\u0005\u0006': 'an empty ZIP archive',
  'Ð\u00cf\u0011à': `an old Excel workbook (.xls): ${SAVE_AS_CSV}`,
  '%PDF-': `a PDF document: ${EXPORT_AS_CSV}`,
  PAR1: `a Parquet file: ${EXPORT_AS_CSV}`,
  'SQLite format 3\0': `a SQLite database: ${EXPORT_AS_CSV}`,
  BZh: 'compressed with bzip2: only gzip (.gz) is unpacked',
  'ý7zXZ\0': 'compressed with xz: only gzip (.gz) is unpacked',
  '(µ/ý': 'compressed with zstd: only gzip (.gz) is unpacked',
  '{\\rtf': 'a Rich Text document: save it as plain text',
  '\u0089PNG': IMAGE,
  ÿØÿ: IMAGE,
  '\u0089HDF': `an HDF5 file: ${EXPORT_AS_CSV}`,
  TDSm: `a TDMS file: ${EXPORT_AS_CSV}`,
  'MDF ': `a measurement data file (MDF): ${EXPORT_AS_CSV}`,
  'MATLAB 5.0': `a MATLAB file: ${EXPORT_AS_CSV}`,
  '\0\u0001\0\0Standard ': `an Access database: ${EXPORT_AS_CSV}`,
  'version https://git-lfs': 'a Git LFS pointer: upload the file that it stands for',
  '7z¼¯': 'a 7-Zip archive: upload the file in it',
};
/** In front of these there may be a byte order mark and blanks. */
const TEXT_KINDS: readonly (readonly [RegExp, string])[] = [
  [
    /^<(?:!doctype html|html|head|body|table|script|meta|div|!--)/i,
    'a web page (HTML), perhaps of a login: download the data again',
  ],
  [/^<\?xml\b/i, `XML: ${EXPORT_AS_CSV}`],
  [
    /^\[?\s{0,100}\{\s{0,100}"/,
    'JSON: send its readings to POST /sensor-data/batch, or export them as CSV',
  ],
];
/** The names of the first members that these have. */
const ZIPPED_KINDS: Readonly<Record<string, string>> = {
  '[Content_Types].xml': WORKBOOK,
  'xl/': WORKBOOK,
  'mimetypeapplication/vnd.oasis': `an OpenDocument file: ${SAVE_AS_CSV}`,
};
const ZIP = 'PK\u0003\u0004';
const MARK = 'ï»¿';
const GZIP_MARK = Buffer.from([0x1f, 0x8b]);

export function isGzip(head: Uint8Array): boolean {
  return GZIP_MARK.equals(head.subarray(0, 2));
}

/** Throws FileFault `file-not-csv` for a file that is something else than text, and says what it is. */
export function refuseOtherKinds(head: Buffer, isUnpacked: boolean): void {
  if (isGzip(head)) {
    throw notCsv(
      isUnpacked
        ? 'What the gzip file holds is compressed with gzip once more: unpack it once.'
        : 'The file is compressed with gzip: give it a name that ends in .gz, such as readings.csv.gz.',
    );
  }
  const text = head.toString('latin1');
  const kind = binaryKind(text) ?? textKind(text);
  if (kind !== undefined) throw notCsv(`The file is ${kind}.`);
}

function binaryKind(text: string): string | undefined {
  const [, kind] = Object.entries(BINARY_KINDS).find(([begin]) => text.startsWith(begin)) ?? [];
  if (!text.startsWith(ZIP)) return kind;
  const [, zipped] = Object.entries(ZIPPED_KINDS).find(([member]) => text.includes(member)) ?? [];
  return zipped ?? kind;
}

function textKind(text: string): string | undefined {
  const begin = (text.startsWith(MARK) ? text.slice(MARK.length) : text).trimStart();
  return TEXT_KINDS.find(([pattern]) => pattern.test(begin))?.[1];
}

function notCsv(detail: string): FileFault {
  return new FileFault('file-not-csv', detail);
}
