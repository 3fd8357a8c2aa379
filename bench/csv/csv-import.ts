import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { optionsItem } from './product-readings.ts';
import { productIn } from '../product-in.ts';
import { BUCKET, IMPORTS_TABLE } from '../product.ts';
import { ROOT } from '../root.ts';
import type { Stand } from '../stand.ts';
import type { CsvFile } from './csv-file.ts';

export interface CsvMeasurement {
  readonly rowsPerSecond: number;
  readonly peakRssMib: number;
  /** Of the whole process, from its start. */
  readonly cpuSeconds: number;
}

export interface CsvRound {
  readonly papa: CsvMeasurement;
  readonly csvImport: CsvMeasurement;
}

const IMPORT_FILE = join(import.meta.dirname, 'import-file.ts');
const PARSE_WITH_PAPA = join(import.meta.dirname, 'parse-with-papa.ts');

/** Both over the same file, one after the other. */
export async function measureCsv(stand: Stand, file: CsvFile): Promise<CsvRound> {
  return { papa: await measurePapa(stand, file), csvImport: await measureImport(stand, file) };
}

/**
 * The importer over the whole file, from the event to the finished import. `flags` are node's own, for a profile;
 * `root` is that of another checkout, to compare with.
 */
export async function measureImport(
  stand: Stand,
  file: CsvFile,
  flags: readonly string[] = [],
  root = ROOT,
): Promise<CsvMeasurement> {
  const uploadId = randomUUID();
  const isGzip = file.fileName.endsWith('.gz');
  const key = `uploads/${uploadId}.csv${isGzip ? '.gz' : ''}`;
  stand.cloud.serveObject(`/${BUCKET}/${key}`, file.path);
  await stand.sinkClient.reset();
  await stand.sinkClient.hold(IMPORTS_TABLE, await openImport(uploadId, file));
  const result = join(stand.folder, `${uploadId}.json`);
  const { IMPORTER_PROGRAM, importerVariables } = await productIn(root);
  const lambda = join(root, IMPORTER_PROGRAM);
  await stand.runToEnd('csv-importer', {
    command: [
      ...flags,
      IMPORT_FILE,
      '--lambda',
      lambda,
      '--key',
      key,
      '--bytes',
      `${file.bytes}`,
      '--result',
      result,
    ],
    variables: importerVariables(stand.cloud, stand.sinkUrl),
  });
  await assertImported(stand, uploadId, file);
  const { seconds, peakRssMib, cpuSeconds } = readResult(result);
  return { rowsPerSecond: file.rows / seconds, peakRssMib, cpuSeconds };
}

/** PapaParse over the same file, and nothing else. */
export async function measurePapa(stand: Stand, file: CsvFile): Promise<CsvMeasurement> {
  const result = join(stand.folder, 'papa.json');
  await stand.runToEnd('papaparse', {
    command: [PARSE_WITH_PAPA, '--file', file.path, '--result', result],
  });
  const { seconds, peakRssMib, cpuSeconds, rows } = readResult(result);
  if (rows !== file.rows) throw new Error(`PapaParse read ${rows} of ${file.rows} rows`);
  return { rowsPerSecond: file.rows / seconds, peakRssMib, cpuSeconds };
}

function readResult(path: string) {
  return JSON.parse(readFileSync(path, 'utf8')) as {
    readonly seconds: number;
    readonly peakRssMib: number;
    readonly cpuSeconds: number;
    readonly rows?: number;
  };
}

/** An import whose file was just uploaded, as the API leaves it in the imports table. */
async function openImport(uploadId: string, file: CsvFile): Promise<object> {
  const zero = { N: '0' };
  return {
    scope: { S: 'all' },
    uploadId: { S: uploadId },
    fileName: { S: file.fileName },
    declaredBytes: { N: String(file.bytes) },
    options: await optionsItem(file.options),
    createdAt: { S: '2026-01-01T00:00:00.000000000Z' },
    uploadExpiresAt: { N: String(Date.now() + 900_000) },
    status: { S: 'awaiting-upload' },
    runs: zero,
    checkpoint: {
      M: {
        offset: zero,
        line: { N: '1' },
        total: zero,
        accepted: zero,
        rejected: zero,
        bytesProcessed: zero,
        reportBytes: zero,
        reportUnlisted: zero,
        reportParts: { L: [] },
      },
    },
  };
}

async function assertImported(stand: Stand, uploadId: string, file: CsvFile): Promise<void> {
  const key = { scope: { S: 'all' }, uploadId: { S: uploadId } };
  const item = JSON.stringify(await stand.sinkClient.find(IMPORTS_TABLE, key));
  const { readings } = await stand.sinkClient.counts();
  const isComplete =
    item.includes('"completed"') && item.includes(`"accepted":{"N":"${file.rows}"}`);
  if (!isComplete || readings < file.rows) {
    throw new Error(`the sink got ${readings} of ${file.rows} rows; the import: ${item}`);
  }
}
