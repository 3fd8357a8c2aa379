import type { ApiClient } from './api-client.js';
import { eventually } from './api-client.js';

/** What e2e specs do again and again, in the words of the product. */
export interface AggregatedHour {
  readonly equipmentId: string;
  readonly intervalStart: number;
  readonly total: string;
  readonly totalValue: number;
  readonly sampleCount: number;
  readonly average: number;
  readonly min: number;
  readonly max: number;
}

export interface AggregatedRange {
  readonly equipmentId?: string;
  readonly from: string;
  readonly to: string;
  readonly metric?: string;
  readonly limit?: number;
}

/** All hours of a range, page by page, with the summary that came along. */
export async function aggregatedHours(api: ApiClient, range: AggregatedRange) {
  const items: AggregatedHour[] = [];
  const summaries = new Set<string>();
  let cursor: string | undefined;
  do {
    const { status, body } = await api.get('/sensor-data/aggregated', {
      limit: 1000,
      ...range,
      cursor,
    });
    if (status !== 200) throw new Error(JSON.stringify(body));
    items.push(...body.items);
    summaries.add(JSON.stringify([body.average, body.totalCount]));
    cursor = body.nextCursor ?? undefined;
  } while (cursor !== undefined);
  const [average, totalCount] = JSON.parse([...summaries].at(-1) ?? '[]');
  return {
    items,
    average: average as number | null,
    totalCount: totalCount as number,
    /** More than one while readings are still on their way. */
    summaries: summaries.size,
  };
}

/** All readings of one equipment, oldest first. */
export async function allReadings(api: ApiClient, equipmentId: string) {
  const items: any[] = [];
  let cursor: string | undefined;
  do {
    const { body } = await api.get(`/sensor-data/${equipmentId}`, { limit: 1000, cursor });
    items.push(...body.items);
    cursor = body.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return items;
}

/** Opens an import, uploads the file as a browser or curl would, and waits for its end. */
export async function importFile(
  api: ApiClient,
  fileName: string,
  content: Uint8Array | string,
  options: Readonly<Record<string, unknown>> = {},
  deadlineMs?: number,
) {
  return importEnd(api, await uploadFile(api, fileName, content, options), deadlineMs);
}

/** Opens an import and uploads the file; answers the import's id. */
export async function uploadFile(
  api: ApiClient,
  fileName: string,
  content: Uint8Array | string,
  options: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : Buffer.from(content);
  const opened = await api.post('/sensor-data/upload-csv', {
    fileName,
    size: bytes.length,
    ...options,
  });
  if (opened.status !== 201) throw new Error(JSON.stringify(opened.body));
  const { url, method, headers, uploadId } = opened.body;
  const uploaded = await fetch(url, { method, headers, body: bytes });
  if (!uploaded.ok) throw new Error(`upload: ${uploaded.status} ${await uploaded.text()}`);
  return uploadId;
}

export async function importEnd(api: ApiClient, uploadId: string, deadlineMs = 100_000) {
  const { body } = await eventually(
    async () => api.get(`/sensor-data/uploads/${uploadId}`),
    (answer) => ['completed', 'completed-with-errors', 'failed'].includes(answer.body?.status),
    deadlineMs,
  );
  return body;
}

/** Takes an import back, and waits until that is done. */
export async function undoneImport(api: ApiClient, uploadId: string, deadlineMs = 100_000) {
  const path = `/sensor-data/uploads/${uploadId}`;
  const asked = await api.send('DELETE', path);
  if (asked.status !== 202) throw new Error(JSON.stringify(asked.body));
  const { body } = await eventually(
    async () => api.get(path),
    (answer) => answer.body?.status === 'undone',
    deadlineMs,
  );
  return body;
}

export interface Equipment {
  readonly equipmentId: string;
  readonly metrics: readonly string[];
  readonly firstTimestamp: string;
  readonly lastTimestamp: string;
}

/** All known equipment, page by page. */
export async function knownEquipment(api: ApiClient, limit = 1000): Promise<readonly Equipment[]> {
  const items: Equipment[] = [];
  let cursor: string | undefined;
  do {
    const { status, body } = await api.get('/equipment', { limit, cursor });
    if (status !== 200) throw new Error(JSON.stringify(body));
    items.push(...body.items);
    cursor = body.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return items;
}
