import type { PresignedUpload } from '../job/upload-storage.js';

/** What curl says by itself. */
const OWN_HEADERS = new Set(['content-length']);

/** Uploads the file when it is pasted into a POSIX shell, in the folder of the file. */
export function uploadCommand(fileName: string, { url, headers }: PresignedUpload): string {
  const said = Object.entries(headers).filter(([name]) => !OWN_HEADERS.has(name));
  const words = said.flatMap(([name, value]) => ['-H', quoted(`${name}: ${value}`)]);
  // Without -g it would take braces and brackets in the name for several files.
  return ['curl -sS --fail-with-body -g -T', quoted(fileName), ...words, quoted(url)].join(' ');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
