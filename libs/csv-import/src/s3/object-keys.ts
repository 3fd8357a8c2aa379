import { REPORTS_PREFIX, UPLOADS_PREFIX } from '@sensorflow/platform/resources/event-sources.js';
import type { RunParts } from '../job/import-record.js';

/** Where things lie in the bucket. Keys are made of upload ids alone, never of a caller's text. */

export const CSV_TYPE = 'text/csv';
export const GZIP_TYPE = 'application/gzip';

const UPLOAD_KEY = new RegExp(`^${UPLOADS_PREFIX}([0-9a-f-]{36})\\.csv(?:\\.gz)?$`);

export function uploadKey({ uploadId, gzip }: { uploadId: string; gzip: boolean }): string {
  return `${UPLOADS_PREFIX}${uploadId}.csv${gzip ? '.gz' : ''}`;
}

/** Undefined for a key that is not an upload's. */
export function uploadIdOfKey(key: string): string | undefined {
  return UPLOAD_KEY.exec(key)?.[1];
}

export function reportKey(uploadId: string): string {
  return `${REPORTS_PREFIX}${uploadId}/errors.csv`;
}

/** In the order of the report. */
export function partKeys(uploadId: string, parts: readonly RunParts[]): readonly string[] {
  return parts.flatMap(({ run, count }) =>
    Array.from({ length: count }, (_, index) => partKey(uploadId, run, index + 1)),
  );
}

export function partKey(uploadId: string, run: number, part: number): string {
  const runText = String(run).padStart(4, '0');
  const partText = String(part).padStart(6, '0');
  return `${REPORTS_PREFIX}${uploadId}/part-${runText}-${partText}.csv`;
}

/** The name in both forms of RFC 6266: the plain one for old readers, the encoded one as it is. */
export function attachment(fileName: string): string {
  const plain = fileName.replace(/[^A-Za-z0-9._ -]/g, '_');
  const encoded = encodeURIComponent(fileName).replace(
    /['()*!]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
