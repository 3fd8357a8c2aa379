import { beforeAll, describe, expect, inject, it } from 'vitest';
import { ApiClient, basic, machineToken } from '../support/api-client.js';

const stack = inject('stack');
let anyone: ApiClient;
let admin: ApiClient;

beforeAll(async () => {
  anyone = await ApiClient.connect(stack.baseUrl);
  admin = anyone.withToken(await machineToken(stack));
});

describe('people of a running stack', () => {
  it('are invited, set a password of their own, and are disabled', async () => {
    const invited = await admin.post('/users', { username: 'hedy', group: 'viewers' });
    expect(invited.status).toBe(201);
    const newPassword = 'Correct-Horse-42-hedy';
    const headers = { authorization: basic('hedy', invited.body.temporaryPassword) };

    const set = await anyone.post('/auth/password', { newPassword }, { headers });

    const hedy = anyone.withCookie(set.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '');
    expect((await hedy.get('/auth/me')).body).toMatchObject({
      username: 'hedy',
      scopes: ['sensorflow/read'],
    });
    expect((await admin.get('/users')).body.items).toContainEqual(
      expect.objectContaining({ username: 'hedy', groups: ['viewers'], enabled: true }),
    );
    const disabled = await admin.send('PATCH', '/users/hedy', { json: { enabled: false } });
    expect(disabled.body).toMatchObject({ enabled: false });
    expect((await hedy.get('/auth/me')).status).toBe(401);
  });
});
