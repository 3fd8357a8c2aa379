import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { CsvFile } from '../csv/csv-file.ts';
import { tokenOf, type Announcement } from '../embedded-stack.ts';

const BATCH = 500;
const EQUIPMENT_OF_A_BATCH = 10;
const PARALLEL_BATCHES = 4;
const SETTLE_WITHIN_MS = 300_000;
/** A quarter of a second between two rows of the file: 500 equipment have 14 hours in 200,000 rows. */
const HOURS = { from: '2022-01-01T00:00:00Z', to: '2022-02-01T00:00:00Z' };

/** What a person does with the stack, by HTTP alone. */
export class Load {
  private readonly baseUrl: string;
  private readonly token: string;

  private constructor(baseUrl: string, token: string) {
    this.baseUrl = baseUrl;
    this.token = token;
  }

  static async on(announcement: Announcement): Promise<Load> {
    return new Load(announcement.baseUrl, await tokenOf(announcement));
  }

  /** Uploads a file and waits until all its rows are imported. */
  async importFile({ path, fileName }: CsvFile): Promise<void> {
    const body = readFileSync(path);
    const upload = await this.json<{ url: string; statusUrl: string }>('/sensor-data/upload-csv', {
      method: 'POST',
      body: JSON.stringify({ fileName, size: body.length }),
    });
    const headers = { 'content-type': 'text/csv', 'if-none-match': '*' };
    const put = await fetch(upload.url, { method: 'PUT', headers, body });
    if (!put.ok) throw new Error(`the upload was answered ${put.status}: ${await put.text()}`);
    const finished = await this.until<{ status: string; acceptedRows?: number }>(
      upload.statusUrl,
      ({ status }) => ['completed', 'completed-with-errors', 'failed'].includes(status),
    );
    if (finished.status !== 'completed') throw new Error(`the import: ${JSON.stringify(finished)}`);
  }

  /** In batches of 10 equipment, 50 readings a second apart each, as from a gateway that buffers. */
  async sendReadings(count: number): Promise<void> {
    const batches = Array.from({ length: count / BATCH }, (_, n) => n);
    const startEpochMs = Date.now() - (count / EQUIPMENT_OF_A_BATCH) * 1000;
    const sender = async (): Promise<void> => {
      for (let n = batches.shift(); n !== undefined; n = batches.shift()) {
        const body = JSON.stringify(batchAt(n, startEpochMs));
        await this.json('/sensor-data/batch', { method: 'POST', body });
      }
    };
    await Promise.all(Array.from({ length: PARALLEL_BATCHES }, sender));
  }

  /** One after the other, from the first page again after the last. */
  async readAggregates(pages: number): Promise<void> {
    let cursor: string | undefined;
    for (let page = 0; page < pages; page += 1) {
      const query = new URLSearchParams({ ...HOURS, limit: '100', ...(cursor && { cursor }) });
      const answer = await this.json<{ nextCursor?: string }>(
        `/sensor-data/aggregated?${query.toString()}`,
      );
      cursor = answer.nextCursor ?? undefined;
    }
  }

  /** Waits until every reading is in the hours of all equipment. */
  async settle(readings: number): Promise<void> {
    const imported = new URLSearchParams({ ...HOURS, limit: '1' });
    const sent = new URLSearchParams({ interval: '1w', limit: '1' });
    const deadline = performance.now() + SETTLE_WITHIN_MS;
    for (;;) {
      const counts = await Promise.all(
        [imported, sent].map(async (query) => this.totalCount(query)),
      );
      const total = counts.reduce((sum, one) => sum + one, 0);
      if (total === readings) return;
      if (performance.now() > deadline)
        throw new Error(`the aggregates have ${total} of ${readings} readings`);
      await delay(1000);
    }
  }

  private async totalCount(query: URLSearchParams): Promise<number> {
    const { ok, body } = await this.ask(`/sensor-data/aggregated?${query.toString()}`);
    // Before the first aggregate, the metric is unknown.
    return ok ? (body as { readonly totalCount: number }).totalCount : 0;
  }

  private async until<T>(path: string, isOver: (answer: T) => boolean): Promise<T> {
    for (;;) {
      const answer = await this.json<T>(path);
      if (isOver(answer)) return answer;
      await delay(250);
    }
  }

  private async json<T>(path: string, request: RequestInit = {}): Promise<T> {
    const { ok, body } = await this.ask(path, request);
    if (!ok) throw new Error(`${path} was answered ${JSON.stringify(body)}`);
    return body as T;
  }

  /** What is answered with 429 or 503 is sent again. */
  private async ask(
    path: string,
    request: RequestInit = {},
  ): Promise<{ readonly ok: boolean; readonly body: unknown }> {
    const headers = { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' };
    for (;;) {
      const answer = await fetch(`${this.baseUrl}${path}`, { ...request, headers });
      const body: unknown = await answer.json();
      if (answer.status !== 429 && answer.status !== 503) return { ok: answer.ok, body };
      await delay(Number(answer.headers.get('retry-after') ?? 1) * 1000);
    }
  }
}

function batchAt(n: number, startEpochMs: number): readonly object[] {
  return Array.from({ length: BATCH }, (_, i) => {
    const second = n * (BATCH / EQUIPMENT_OF_A_BATCH) + Math.floor(i / EQUIPMENT_OF_A_BATCH);
    return {
      equipmentId: `WEIGHT-${i % EQUIPMENT_OF_A_BATCH}`,
      timestamp: new Date(startEpochMs + second * 1000).toISOString(),
      value: (i % 1000) / 10,
    };
  });
}
