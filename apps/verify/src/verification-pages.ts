import { setTimeout as delay } from 'node:timers/promises';
import { ask, CannotVerifyError, type Target } from './target.js';

export interface Difference {
  readonly level: string;
  readonly equipmentId: string | null;
  readonly shard: number | null;
  readonly metric: string;
  readonly intervalStart: number;
  readonly field: string;
  readonly stored: string | null;
  readonly recomputed: string | null;
}

export interface Page {
  readonly checked: number;
  readonly differences: readonly Difference[];
  readonly sealedHours: number;
  readonly openHours: number;
  readonly tooLarge: number;
  /** Only for a repair. */
  readonly repaired?: number;
  readonly nextCursor: string | null;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const RANGE_MS = 366 * DAY_MS;
/** For a page that the API cannot answer now, or not with an expired token. */
const MOST_ATTEMPTS = 10;
const PASSING: ReadonlySet<number> = new Set([401, 429, 503]);

/** Every page of every hour from one instant to another. Throws for failures that waiting does not cure. */
export async function* pagesOf(
  target: Target,
  method: 'verify' | 'repair',
  fromEpochMs: number,
  toEpochMs: number,
): AsyncGenerator<Page> {
  let token = await target.token();
  for (let from = fromEpochMs; from < toEpochMs; from += RANGE_MS) {
    const to = Math.min(from + RANGE_MS, toEpochMs);
    const range = { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
    let cursor: string | null | undefined;
    for (let attempt = 1; cursor !== null;) {
      const query = new URLSearchParams({ ...range, ...(cursor !== undefined && { cursor }) });
      const answer = await ask(
        `${target.baseUrl}/sensor-data/aggregated/${method}?${query.toString()}`,
        {
          method: method === 'verify' ? 'GET' : 'POST',
          headers: { authorization: `Bearer ${token}` },
        },
      );
      if (answer.ok) {
        const page: Page = JSON.parse(await answer.text());
        yield page;
        [cursor, attempt] = [page.nextCursor, 1];
      } else if (PASSING.has(answer.status) && attempt < MOST_ATTEMPTS) {
        await delay(Number(answer.headers.get('retry-after') ?? 1) * 1000);
        if (answer.status === 401) token = await target.token();
        attempt += 1;
      } else throw new CannotVerifyError(`${answer.status} ${await answer.text()}`);
    }
  }
}
