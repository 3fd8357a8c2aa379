import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ApiClient, eventually, machineToken } from '../support/api-client.js';
import { ApiProcess } from '../support/api-process.js';

let second: ApiProcess;

beforeAll(async () => {
  second = await ApiProcess.start(inject('stack'), inject('stackDataDir'));
});

afterAll(async () => {
  second.child.kill('SIGTERM');
  await second.exit();
});

describe('a logout in one process', () => {
  it('is known to another within ten seconds, whatever that one remembered', async () => {
    const stack = inject('stack');
    const token = await machineToken(stack);
    const here = (await ApiClient.connect(stack.baseUrl)).withToken(token);
    const there = (await ApiClient.connect(second.baseUrl)).withToken(token);
    expect((await there.get('/auth/me')).status).toBe(200);

    await here.send('POST', '/auth/logout');

    expect((await here.get('/auth/me')).status).toBe(401);
    const refused = await eventually(
      async () => there.get('/auth/me'),
      ({ status }) => status === 401,
      10_000,
    );
    expect(refused.body.code).toBe('invalid-token');
  });
});
