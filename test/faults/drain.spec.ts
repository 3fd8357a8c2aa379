import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, machineToken } from '../support/api-client.js';
import { ApiProcess } from '../support/api-process.js';
import { CLIENTS, sendUntilClosed } from '../support/kept-alive-clients.js';
import { LocalStack } from '../support/local-stack.js';

const ROUNDS = process.env['SENSORFLOW_FAULTS'] === 'short' ? 3 : 50;

let stack: LocalStack;
let token: string;

beforeAll(async () => {
  stack = await LocalStack.start();
  token = await machineToken(stack.announcement);
});

afterAll(async () => {
  await stack.stopAndForget();
});

describe('SIGTERM under load', () => {
  it(`fails no request and exits with 0 in time, ${ROUNDS} times`, async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const api = await ApiProcess.start(stack.announcement, stack.dataDir, {
        SHUTDOWN_GRACE_MS: '1000',
      });
      const sent = sendUntilClosed(api.baseUrl, token);
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
      const statuses = await sent;
      const exit = await api.exit();

      expect(exit).toBe(0);
      expect(performance.now() - signalledAt).toBeLessThan(15_000);
      expect(ready.status).toBe(503);
      expect(statuses.length).toBeGreaterThan(CLIENTS);
      expect(statuses.filter((status) => status !== 201)).toEqual([]);
    }
  });
});
