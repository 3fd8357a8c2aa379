import { describe, expect, inject, it } from 'vitest';

const OF_DATA = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
};

function headersOf(response: Response): Readonly<Record<string, string>> {
  return Object.fromEntries(response.headers);
}

describe('every answer', () => {
  it.each([
    ['GET', '/', 200],
    ['GET', '/no-such-route', 404],
    ['GET', '/sensor-data/EQ-1', 401],
    ['POST', '/sensor-data', 401],
    ['GET', '/%zz', 400],
  ])('%s %s is data that no page can run, frame or sniff (%i)', async (method, path, status) => {
    const response = await fetch(`${inject('stack').baseUrl}${path}`, { method });

    expect(response.status).toBe(status);
    expect(headersOf(response)).toMatchObject(OF_DATA);
    expect(headersOf(response)).not.toHaveProperty('x-powered-by');
  });

  it('of the documentation may run its own scripts and no others', async () => {
    const response = await fetch(`${inject('stack').baseUrl}/docs/`);

    const policy = response.headers.get('content-security-policy') ?? '';
    expect(response.status).toBe(200);
    expect(headersOf(response)).toMatchObject({
      ...OF_DATA,
      'content-security-policy': expect.any(String),
    });
    expect(policy).toMatch(/default-src 'none'.*script-src 'self';/);
    expect(policy).not.toContain("script-src 'self' '");
  });
});
