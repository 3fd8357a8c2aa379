import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { ApiProcess } from '../support/api-process.js';
import { ApiClient, basic, eventually, machineToken } from '../support/api-client.js';
import { loginCookie } from '../support/cookie-session.js';

function logLines(): readonly string[] {
  const text = readFileSync(join(inject('stackDataDir'), 'logs', 'api.log'), 'utf8');
  return text.trimEnd().split('\n');
}

describe('the log', () => {
  it('has one JSON line a request, found again by the request id of its answer', async () => {
    const stack = inject('stack');
    const api = await ApiClient.connect(stack.baseUrl);

    const { headers } = await api.get('/sensor-data/EQ-1', { limit: 5 });

    const requestId = headers.get('x-request-id') ?? '';
    const [line = ''] = await eventually(
      async () => logLines().filter((text) => text.includes(requestId)),
      (lines) => lines.length > 0,
    );
    expect(JSON.parse(line)).toMatchObject({
      level: 'info',
      requestId,
      method: 'GET',
      path: '/sensor-data/EQ-1',
      status: 401,
      durationMs: expect.any(Number),
    });
  });

  it('never shows a token, a cookie, a password or a query', async () => {
    const stack = inject('stack');
    const api = await ApiClient.connect(stack.baseUrl);
    const token = await machineToken(stack);
    const cookie = await loginCookie(stack);
    const marker = `secret-${Date.now()}`;
    await api.withToken(token).get('/auth/me');
    await api.withToken(`${token}x`).get('/auth/me', { access_token: marker });
    await api.withCookie(cookie).get('/auth/me');
    await api.withCookie(cookie).post('/sensor-data', { equipmentId: marker });
    const last = await fetch(`${stack.baseUrl}/auth/login`, {
      method: 'POST',
      headers: { authorization: basic(stack.user.username, marker) },
    });

    const lastId = last.headers.get('x-request-id') ?? '';
    const text = await eventually(
      async () => logLines().join('\n'),
      (lines) => lines.includes(lastId),
    );

    for (const secret of [
      token,
      cookie.slice(cookie.indexOf('=') + 1),
      stack.user.password,
      stack.machine.clientSecret,
      marker,
      Buffer.from(`${stack.user.username}:${marker}`).toString('base64'),
    ]) {
      expect(text.includes(secret)).toBe(false);
    }
    // No token of anybody: a JWT begins with the base64 of {" and has dots.
    expect(text).not.toMatch(/eyJ[\w-]{10,}\.[\w-]{10,}\./);
  });
});

describe('an error of a provider', () => {
  it('is logged by its name, status and request id, never by its text', async () => {
    const secret = `user-${Date.now()}`;
    const provider = createServer((request, response) => {
      request.resume();
      const body = { __type: 'InternalErrorException', message: `${secret} broke the pool` };
      response.writeHead(500, { 'x-amzn-requestid': 'R-500' }).end(JSON.stringify(body));
    });
    await once(provider.listen(0, '127.0.0.1'), 'listening');
    const address = provider.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const api = await ApiProcess.start(inject('stack'), inject('stackDataDir'), {
      LOG_LEVEL: 'info',
      AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: `http://127.0.0.1:${port}`,
    });

    const answer = await fetch(`${api.baseUrl}/auth/login`, {
      method: 'POST',
      headers: { authorization: basic(secret, 'Wrong-password-1') },
    });
    const text = await eventually(
      async () => api.log(),
      (log) => log.includes('"status":503'),
    );
    api.child.kill();
    await api.exit();
    provider.close();

    expect(await answer.json()).toMatchObject({ code: 'identity-provider-unavailable' });
    const line = text.split('\n').find((entry) => entry.includes('request refused')) ?? '{}';
    expect(JSON.parse(line).err).toMatchObject({
      type: 'DomainError',
      code: 'identity-provider-unavailable',
      cause: { type: 'InternalErrorException', status: 500, requestId: 'R-500' },
    });
    expect(text).not.toContain(secret);
  });
});
