import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/api-client.js';
import { ApiProcess } from '../support/api-process.js';
import { stackCredentials } from '../support/aws-signer.js';
import { FaultProxy } from '../support/fault-proxy.js';
import { LocalStack } from '../support/local-stack.js';

let stack: LocalStack;
let proxy: FaultProxy;
let api: ApiProcess;

beforeAll(async () => {
  stack = await LocalStack.start();
  const { dynamodb } = stack.announcement.endpoints;
  proxy = await FaultProxy.start(dynamodb, stackCredentials(stack.dataDir));
});

afterEach(() => {
  api.child.kill('SIGKILL');
});

afterAll(async () => {
  await proxy.close();
  await stack.stopAndForget();
});

/** What a load balancer and a container service see: a status, or 0 without a listener. */
async function statusOf({ baseUrl }: ApiProcess, path: string): Promise<number> {
  return fetch(`${baseUrl}${path}`).then(
    ({ status }) => status,
    () => 0,
  );
}

describe('an API process whose store is away', () => {
  it('does not listen before the store is up, and survives when the store goes down again', async () => {
    proxy.isDown = true;
    api = await ApiProcess.launch(stack.announcement, stack.dataDir, {
      AWS_ENDPOINT_URL_DYNAMODB: proxy.url,
    });
    const early: number[] = [];
    for (let look = 0; look < 30; look += 1) {
      early.push(await statusOf(api, '/health/live'));
      await delay(100);
    }
    expect(new Set(early)).toEqual(new Set([0]));
    expect(api.child.exitCode).toBeNull();

    proxy.isDown = false;
    await api.untilReady();
    expect(await statusOf(api, '/health/live')).toBe(200);

    proxy.isDown = true;
    const ready = await eventually(
      async () => statusOf(api, '/health/ready'),
      (status) => status === 503,
      15_000,
    );
    expect(ready).toBe(503);
    expect(await statusOf(api, '/health/live')).toBe(200);

    proxy.isDown = false;
    await api.untilReady();
    api.child.kill('SIGTERM');
    expect(await api.exit()).toBe(0);
  });

  it('ends on SIGTERM while it still waits', async () => {
    proxy.isDown = true;
    api = await ApiProcess.launch(stack.announcement, stack.dataDir, {
      AWS_ENDPOINT_URL_DYNAMODB: proxy.url,
    });
    await delay(2500);

    api.child.kill('SIGTERM');

    expect(await api.exit()).toBe(0);
  });
});
