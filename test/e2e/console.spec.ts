import { describe, expect, inject, it } from 'vitest';

const { baseUrl } = inject('stack');

async function ask(path: string, headers: Readonly<Record<string, string>> = {}) {
  return fetch(`${baseUrl}${path}`, { headers, redirect: 'manual' });
}

describe('the root', () => {
  it('leads a browser to the console, and tells everybody else what this is', async () => {
    const ofBrowser = await ask('/', { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' });
    const ofCurl = await ask('/', { accept: '*/*' });

    expect([ofBrowser.status, ofBrowser.headers.get('location')]).toEqual([302, '/console/']);
    expect(ofCurl.status).toBe(200);
    expect(await ofCurl.json()).toMatchObject({ status: 'ok', name: 'sensorflow' });
    expect(ofCurl.headers.get('vary')).toBe('Accept');
  });
});

describe('the console', () => {
  it.each(['/console/', '/console/equipment/EQ-1?range=24h', '/console/no/such/view'])(
    'answers %s with its page, which is asked for again each time',
    async (path) => {
      const answer = await ask(path);

      expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-cache']);
      expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
      const policy = answer.headers.get('content-security-policy') ?? '';
      expect(policy).toContain("script-src 'self'; style-src 'self'");
      expect(policy).not.toMatch(/unsafe|\*/);
      const { endpoints, bucket } = inject('stack');
      expect(policy).toContain(`connect-src 'self' ${endpoints.s3}/${bucket}/;`);
      expect(await answer.text()).toContain('<div id="console">');
    },
  );

  it('has assets that may be kept for ever, packed as the browser takes them', async () => {
    const page = await (await ask('/console/')).text();
    const script = /src="(\/console\/assets\/[\w.-]+\.js)"/.exec(page)?.[1] ?? '';

    const packed = await ask(script, { 'accept-encoding': 'br, gzip' });
    const plain = await ask(script, { 'accept-encoding': 'identity' });

    expect(packed.status).toBe(200);
    expect(packed.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(packed.headers.get('content-encoding')).toBe('br');
    expect(packed.headers.get('vary')?.toLowerCase()).toContain('accept-encoding');
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(await packed.text()).toBe(await plain.text());
    expect(packed.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it.each([
    '/console/assets/index-00000000.js',
    '/console/assets/../../package.json',
    '/console/assets/%2e%2e/%2e%2e/package.json',
    '/console/robots.txt',
  ])('does not take %s for a view', async (path) => {
    const answer = await ask(path);

    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      404,
      'application/problem+json; charset=utf-8',
    ]);
  });

  it('is found without the last slash', async () => {
    const answer = await ask('/console');

    expect([answer.status, answer.headers.get('location')]).toEqual([302, '/console/']);
  });
});
