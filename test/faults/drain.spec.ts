import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, machineToken } from '../support/api-client.js';
import { ApiProcess } from '../support/api-process.js';
import { stackCredentials } from '../support/aws-signer.js';
import { FAULTS, FaultProxy } from '../support/fault-proxy.js';
import { KeptAliveClients } from '../support/kept-alive-clients.js';
import { LocalStack } from '../support/local-stack.js';
import { NumberedReadings } from '../support/numbered-readings.js';

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
      const clients = new KeptAliveClients(api.baseUrl, token);
      await clients.areKeptAlive();
      await delay(Math.random() * 300);

      const signalledAt = performance.now();
      api.child.kill('SIGTERM');
      // A busy machine delivers a signal late, but well within the grace.
      const ready = await eventually(
        async () => fetch(`${api.baseUrl}/health/ready`),
        ({ status }) => status === 503,
        900,
      );
      api.child.kill('SIGTERM');
      await clients.ended;
      const exit = await api.exit();

      expect(exit).toBe(0);
      expect(performance.now() - signalledAt).toBeLessThan(15_000);
      expect(ready.status).toBe(503);
      expect(clients.statuses.filter((status) => status !== 201)).toEqual([]);
    }
  });
});

async function connectionTo({ baseUrl }: ApiProcess): Promise<Socket> {
  const socket = connect(Number(new URL(baseUrl).port), '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

describe('SIGTERM', () => {
  it('does not wait for data that connections never send', async () => {
    const api = await ApiProcess.start(stack.announcement, stack.dataDir);
    const [silent, stalled] = [await connectionTo(api), await connectionTo(api)];
    stalled.write(`POST /sensor-data HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer ${token}\r\n`);
    stalled.write('Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{');
    await delay(100);

    const signalledAt = performance.now();
    api.child.kill('SIGTERM');

    expect(await api.exit()).toBe(0);
    expect(performance.now() - signalledAt).toBeLessThan(15_000);
    for (const socket of [silent, stalled]) socket.destroy();
  });

  it('leaves no batch without an answer, were it as large and the store as slow as can be', async () => {
    const blackHole = FAULTS.indexOf('black-hole') / FAULTS.length;
    const { dynamodb } = stack.announcement.endpoints;
    const credentials = stackCredentials(stack.dataDir);
    const proxy = await FaultProxy.start(dynamodb, credentials, () => blackHole);
    proxy.faultShare = 1;
    const api = await ApiProcess.start(stack.announcement, stack.dataDir, {
      AWS_ENDPOINT_URL_DYNAMODB: proxy.url,
      SHUTDOWN_GRACE_MS: '9000',
    });
    const readings = new NumberedReadings('EQ-LARGE', 20);
    const batch = Array.from({ length: 10_000 }, (_, index) => readings.at(index));

    api.child.kill('SIGTERM');
    await delay(8000);
    const answer = await fetch(`${api.baseUrl}/sensor-data/batch`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(batch),
    });

    expect(await answer.json()).toMatchObject({ status: 503, code: 'batch-unconfirmed' });
    expect(await api.exit()).toBe(0);
    await proxy.close();
  });

  it('serves a request that is arriving', async () => {
    const api = await ApiProcess.start(stack.announcement, stack.dataDir);
    const socket = await connectionTo(api);
    socket.write('GET /health/live HTTP/1.1\r\n');
    await delay(100);

    api.child.kill('SIGTERM');
    await delay(500);
    socket.write('Host: api\r\n\r\n');

    const answer = (await socket.setEncoding('utf8').toArray()).join('');
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
    expect(answer).toMatch(/\r\nconnection: close\r\n/i);
    expect(await api.exit()).toBe(0);
  });
});
