import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, machineToken } from '../support/api-client.js';
import { ApiProcess } from '../support/api-process.js';
import { LocalStack } from '../support/local-stack.js';

const ROUNDS = process.env['SENSORFLOW_FAULTS'] === 'short' ? 3 : 50;
const CLIENTS = 16;

let stack: LocalStack;
let token: string;

beforeAll(async () => {
  stack = await LocalStack.start();
  token = await machineToken(stack.announcement);
});

afterAll(async () => {
  await stack.stopAndForget();
});

interface Outcome {
  readonly status: number | string;
  readonly closes: boolean;
}

/** One reading over a kept-alive connection. */
function send(baseUrl: string, agent: Agent, index: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const body = JSON.stringify({
      equipmentId: `EQ-DRAIN-${index % 50}`,
      timestamp: new Date(Date.parse('2023-02-15T00:00:00Z') + index * 1000).toISOString(),
      value: index,
    });
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const outgoing = request(`${baseUrl}/sensor-data`, { method: 'POST', agent, headers });
    outgoing.on('response', (answer) => {
      answer.resume().on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          closes: answer.headers.connection === 'close',
        }),
      );
    });
    outgoing.on('error', (error) => resolve({ status: error.message, closes: true }));
    outgoing.end(body);
  });
}

/** Sends until an answer says that this connection ends, as a load balancer's clients do. */
async function client(baseUrl: string, first: number, outcomes: Outcome[]): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let index = first; ; index += CLIENTS) {
    const outcome = await send(baseUrl, agent, index);
    outcomes.push(outcome);
    if (outcome.closes) break;
  }
  agent.destroy();
}

describe('SIGTERM under load', () => {
  it(`fails no request and exits with 0 in time, ${ROUNDS} times`, async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const api = await ApiProcess.start(stack.announcement, stack.dataDir, {
        SHUTDOWN_GRACE_MS: '1000',
      });
      const outcomes: Outcome[] = [];
      const clients = Array.from({ length: CLIENTS }, async (_, index) =>
        client(api.baseUrl, index, outcomes),
      );
      await delay(150 + Math.random() * 300);

      const signalledAt = performance.now();
      api.child.kill('SIGTERM');
      // A busy machine delivers a signal late, but well within the grace.
      const ready = await eventually(
        async () => fetch(`${api.baseUrl}/health/ready`),
        ({ status }) => status === 503,
        900,
      );
      api.child.kill('SIGTERM');
      await Promise.all(clients);
      const exit = await api.exit();

      expect(exit).toBe(0);
      expect(performance.now() - signalledAt).toBeLessThan(15_000);
      expect(ready.status).toBe(503);
      expect(outcomes.length).toBeGreaterThan(CLIENTS);
      expect(outcomes.filter(({ status }) => status !== 201)).toEqual([]);
    }
  });
});
