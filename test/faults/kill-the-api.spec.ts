import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient, eventually, machineToken } from '../support/api-client.js';
import { ApiProcess } from '../support/api-process.js';
import { LocalStack } from '../support/local-stack.js';
import { NumberedReadings } from '../support/numbered-readings.js';

const ROUNDS = process.env['SENSORFLOW_FAULTS'] === 'short' ? 3 : 50;
/** Of a round: from the first request to the kill. */
const LONGEST_MS = 2000;
const WRITERS_OF_ONE = 12;
const WRITERS_OF_MANY = 3;
const BATCH = 100;

let stack: LocalStack;
let token: string;

beforeAll(async () => {
  stack = await LocalStack.start();
  token = await machineToken(stack.announcement);
});

afterAll(async () => {
  await stack.stopAndForget();
});

const readings = new NumberedReadings('EQ-KILLED', 20);

/** What became of all that was sent, over all rounds. */
class History {
  readonly acknowledged = new Set<number>();
  readonly otherAnswers = new Set<number>();
  private sent = 0;

  take(count: number): readonly number[] {
    return Array.from({ length: count }, () => this.sent++);
  }

  note(indexes: readonly number[], status: number | undefined): void {
    if (status === 201) for (const index of indexes) this.acknowledged.add(index);
    else if (status !== undefined) this.otherAnswers.add(status);
  }
}

/** Undefined when no answer came. */
async function statusOf(url: string, body: unknown): Promise<number | undefined> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    return undefined;
  }
}

/** Sends one request after the other until the API is gone. */
async function write(api: ApiProcess, batch: number | undefined, history: History): Promise<void> {
  let status: number | undefined;
  do {
    const indexes = history.take(batch ?? 1);
    const all = indexes.map((index) => readings.at(index));
    status =
      batch === undefined
        ? await statusOf(`${api.baseUrl}/sensor-data`, all[0])
        : await statusOf(`${api.baseUrl}/sensor-data/batch`, all);
    history.note(indexes, status);
  } while (status !== undefined);
}

describe('kill -9 of the API', () => {
  it(`at ${ROUNDS} random moments under load loses no acknowledged reading`, async () => {
    const history = new History();
    for (let round = 0; round < ROUNDS; round += 1) {
      const api = await ApiProcess.start(stack.announcement, stack.dataDir);
      const { size: before } = history.acknowledged;
      const writers = [
        ...Array.from({ length: WRITERS_OF_ONE }, async () => write(api, undefined, history)),
        ...Array.from({ length: WRITERS_OF_MANY }, async () => write(api, BATCH, history)),
      ];

      await eventually(
        async () => history.acknowledged.size,
        (size) => size > before,
      );
      await delay(Math.random() * LONGEST_MS);
      api.child.kill('SIGKILL');
      await Promise.all(writers);

      expect(await api.exit()).toBe('SIGKILL');
    }

    const client = await ApiClient.connect(stack.announcement.baseUrl);
    const missing = await readings.missing(client.withToken(token), history.acknowledged);
    process.stdout.write(`${history.acknowledged.size} readings were acknowledged\n`);
    expect(missing).toEqual([]);
    expect([...history.otherAnswers].filter((status) => status !== 503)).toEqual([]);
  }, 900_000);
});
