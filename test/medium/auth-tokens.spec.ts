import { createHmac, createPublicKey, sign as signBytes, generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearer, call, startAuthApp, type AuthApp } from '../support/auth-app.js';
import { startSessionsTable, type SessionsTable } from '../support/sessions-table.js';
import {
  base64url,
  ISSUER,
  machineClaims,
  nowEpochSeconds,
  startJwksServer,
  TokenSigner,
  userClaims,
  type JwksServer,
} from '../support/token-signer.js';

const signer = TokenSigner.create('pool+key/1=');
const otherPool = TokenSigner.create(signer.keyId);
const ellipticKey = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const now = nowEpochSeconds();

let table: SessionsTable;
let jwks: JwksServer;
let auth: AuthApp;

beforeAll(async () => {
  table = await startSessionsTable();
  jwks = await startJwksServer(signer.jwk);
  auth = await startAuthApp({
    dynamoDb: table.client,
    sessionsTableName: table.name,
    jwksUri: jwks.url,
  });
});

afterAll(async () => {
  await auth.close();
  await jwks.close();
  await table.close();
});

/** Payload and header of a token that only its signature part tells apart. */
function input(header: object, claims: object = userClaims()): string {
  return `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(claims))}`;
}

function hmac(keyBytes: string | Buffer): string {
  const unsigned = input({ alg: 'HS256', kid: signer.keyId });
  return `${unsigned}.${createHmac('sha256', keyBytes).update(unsigned).digest('base64url')}`;
}

function signedWith(alg: string, hash: string): string {
  const unsigned = input({ alg, kid: signer.keyId });
  return `${unsigned}.${base64url(signBytes(hash, Buffer.from(unsigned), signer.privateKey))}`;
}

function withSignature(signature: string, header: object = {}): string {
  return `${input({ alg: 'RS256', kid: signer.keyId, ...header })}.${signature}`;
}

function part(token: string, index: 0 | 1 | 2): string {
  return token.split('.')[index] ?? '';
}

function withFlippedBit(token: string): string {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const bytes = Buffer.from(payload, 'base64url');
  bytes[20] = (bytes[20] ?? 0) ^ 1;
  return [header, base64url(bytes), signature].join('.');
}

function payloadText(from: (json: string) => string): string {
  return signer.signTexts(
    JSON.stringify({ alg: 'RS256', kid: signer.keyId }),
    from(JSON.stringify(userClaims())),
  );
}

function headerText(header: string): string {
  return signer.signTexts(header, JSON.stringify(userClaims()));
}

const publicJwk = signer.publicKey.export({ format: 'jwk' });
const publicPem = signer.publicKey.export({ format: 'pem', type: 'spki' });
const publicDer = signer.publicKey.export({ format: 'der', type: 'spki' });
const attacker = TokenSigner.create('attacker');

const ATTACKS: readonly (readonly [string, () => string])[] = [
  ['alg none', () => `${input({ alg: 'none', kid: signer.keyId })}.x`],
  ['alg None', () => `${input({ alg: 'None', kid: signer.keyId })}.x`],
  ['alg nOnE', () => `${input({ alg: 'nOnE', kid: signer.keyId })}.x`],
  ['alg none with an empty signature', () => `${input({ alg: 'none', kid: signer.keyId })}.`],
  ['HS256 with the public key as PEM', () => hmac(publicPem)],
  ['HS256 with the public key as DER', () => hmac(publicDer)],
  ['HS256 with the public key as JWK', () => hmac(JSON.stringify(publicJwk))],
  ['RS384 with the right key', () => signedWith('RS384', 'RSA-SHA384')],
  ['RS512 with the right key', () => signedWith('RS512', 'RSA-SHA512')],
  [
    'ES256 with an RSA key id',
    () => withSignature(base64url(ellipticSignature()), { alg: 'ES256' }),
  ],
  [
    'a psychic signature of zeros',
    () => withSignature(base64url(Buffer.alloc(64)), { alg: 'ES256' }),
  ],
  ['RS256 with zeros for a signature', () => withSignature(base64url(Buffer.alloc(256)))],
  ['two parts', () => signer.userToken().split('.').slice(0, 2).join('.')],
  ['an empty signature', () => withSignature('')],
  ['four parts', () => `${signer.userToken()}.${base64url('more')}`],
  ['one flipped bit', () => withFlippedBit(signer.userToken())],
  ['a signature of another pool with our key id', () => otherPool.userToken()],
  [
    'a self-signed token with its jwk',
    () => attacker.userToken({}, { kid: signer.keyId, jwk: attacker.jwk }),
  ],
  ['a jwk header beside a right signature', () => signer.userToken({}, { jwk: attacker.jwk })],
  ['jku', () => signer.userToken({}, { jku: 'https://evil.example/jwks.json' })],
  ['x5u', () => signer.userToken({}, { x5u: 'https://evil.example/x.pem' })],
  ['x5c', () => signer.userToken({}, { x5c: ['MIIB'] })],
  ['an unknown key id', () => attacker.userToken()],
  ['a path for a key id', () => signer.userToken({}, { kid: '../../dev/null' })],
  ['SQL for a key id', () => signer.userToken({}, { kid: "' OR 1=1 --" })],
  ['a NUL in the key id', () => signer.userToken({}, { kid: `${signer.keyId}\u0000` })],
  ['a key id of 5 KB', () => signer.userToken({}, { kid: 'k'.repeat(5000) })],
  ['no key id', () => signer.userToken({}, { kid: undefined })],
  ['an empty key id', () => signer.userToken({}, { kid: '' })],
  ['an array for a key id', () => signer.userToken({}, { kid: [signer.keyId] })],
  ['a number for a key id', () => signer.userToken({}, { kid: 1 })],
  ['__proto__ for a key id', () => signer.userToken({}, { kid: '__proto__' })],
  ['crit exp', () => signer.userToken({}, { crit: ['exp'] })],
  ['an unknown crit', () => signer.userToken({}, { crit: ['x'], x: 1 })],
  ['b64 false', () => signer.userToken({}, { b64: false })],
  ['zip', () => signer.userToken({}, { zip: 'DEF' })],
  ['a nested token', () => signer.userToken({}, { cty: 'JWT' })],
  ['a JWE', () => `${base64url(JSON.stringify({ alg: 'RSA-OAEP', enc: 'A256GCM' }))}.a.b.c.d`],
  ['another typ', () => signer.userToken({}, { typ: 'logout+jwt' })],
  ['alg twice', () => headerText(`{"alg":"none","alg":"RS256","kid":"${signer.keyId}"}`)],
  ['a header that is no object', () => headerText('["RS256"]')],
  ['expired 61 s ago', () => signer.userToken({ iat: now - 3600, exp: nowEpochSeconds() - 61 })],
  ['no exp', () => signer.userToken({ exp: undefined })],
  ['exp as text', () => signer.userToken({ exp: String(now + 3600) })],
  ['exp of 1e400', () => payloadText((json) => json.replace(/"exp":\d+/, '"exp":1e400'))],
  ['exp of -1', () => signer.userToken({ exp: -1 })],
  ['exp of 2^53', () => signer.userToken({ exp: 2 ** 53 })],
  ['exp in milliseconds', () => signer.userToken({ exp: (now + 3600) * 1000 })],
  ['exp with a fraction', () => signer.userToken({ exp: now + 0.5 })],
  ['a life of two days', () => signer.userToken({ exp: now + 2 * 86_400 })],
  ['nbf in the future', () => signer.userToken({ nbf: nowEpochSeconds() + 90 })],
  ['nbf as text', () => signer.userToken({ nbf: 'now' })],
  ['iat far in the future', () => signer.userToken({ iat: now + 3000 })],
  ['no iat', () => signer.userToken({ iat: undefined })],
  ['iat as text', () => signer.userToken({ iat: String(now) })],
  ['another issuer', () => signer.userToken({ iss: `${ISSUER}2` })],
  ['the issuer with a slash', () => signer.userToken({ iss: `${ISSUER}/` })],
  ['the issuer in upper case', () => signer.userToken({ iss: ISSUER.toUpperCase() })],
  ['the issuer by http', () => signer.userToken({ iss: ISSUER.replace('https:', 'http:') })],
  ['the issuer as a prefix', () => signer.userToken({ iss: `${ISSUER}.evil.example/` })],
  [
    'another Region',
    () => signer.userToken({ iss: ISSUER.replaceAll('eu-central-1', 'us-east-1') }),
  ],
  ['an array for an issuer', () => signer.userToken({ iss: [ISSUER] })],
  ['no issuer', () => signer.userToken({ iss: undefined })],
  ['another client', () => signer.userToken({ client_id: 'other-client' })],
  ['an array of clients', () => signer.userToken({ client_id: ['web-client'] })],
  ['no client', () => signer.userToken({ client_id: undefined })],
  [
    'an audience in place of the client',
    () => signer.userToken({ client_id: undefined, aud: 'web-client' }),
  ],
  ['an ID token', () => signer.sign(idTokenClaims())],
  ['no token_use', () => signer.userToken({ token_use: undefined })],
  ['an array for token_use', () => signer.userToken({ token_use: ['access'] })],
  ['token_use in upper case', () => signer.userToken({ token_use: 'ACCESS' })],
  ['a refresh token', () => signer.userToken({ token_use: 'refresh' })],
  ['no sub', () => signer.userToken({ sub: undefined })],
  ['an object for sub', () => signer.userToken({ sub: { $ne: null } })],
  ['a user token without a user name', () => signer.userToken({ username: undefined })],
  ['exp twice', () => payloadText((json) => json.replace('{', '{"exp":1,'))],
  [
    'client_id twice, once escaped',
    () => payloadText((json) => json.replace('{', String.raw`{"client\u005fid":"evil",`)),
  ],
  [
    '__proto__ in the payload',
    () => payloadText((json) => json.replace('{', '{"__proto__":{"polluted":true},')),
  ],
  ['null for a payload', () => payloadText(() => 'null')],
  ['an array for a payload', () => payloadText(() => '[]')],
  ['text for a payload', () => payloadText(() => '"x"')],
  ['a payload that is no JSON', () => payloadText((json) => json.slice(1))],
  ['a payload with a BOM', () => payloadText((json) => `\uFEFF${json}`)],
  ['a payload of broken UTF-8', brokenUtf8],
  ['padding', () => signer.signInput(`${input({ alg: 'RS256', kid: signer.keyId, x: '' })}==`)],
  ['base64 in place of base64url', base64Payload],
  ['stray trailing bits', strayBits],
  ['a signature with stray bits', () => strayLastCharacter(signer.userToken())],
  ['a token of 9 KB', () => signer.userToken({ padding: 'x'.repeat(6900) })],
  ['no token at all', () => '...'],
];

function ellipticSignature(): Buffer {
  const unsigned = input({ alg: 'ES256', kid: signer.keyId });
  const key = { key: ellipticKey.privateKey, dsaEncoding: 'ieee-p1363' as const };
  return signBytes('sha256', Buffer.from(unsigned), key);
}

function idTokenClaims(): Record<string, unknown> {
  const { client_id: aud, username, scope, ...rest } = userClaims();
  return { ...rest, aud, 'cognito:username': username, token_use: 'id', scope };
}

function brokenUtf8(): string {
  const bytes = Buffer.from(JSON.stringify({ ...userClaims(), username: 'a?' }));
  bytes[bytes.lastIndexOf(0x3f)] = 0xff;
  return signer.signTexts(JSON.stringify({ alg: 'RS256', kid: signer.keyId }), bytes);
}

function base64Payload(): string {
  const header = base64url(JSON.stringify({ alg: 'RS256', kid: signer.keyId }));
  const claims = JSON.stringify({ ...userClaims(), username: '???>>>???>>>' });
  const payload = Buffer.from(claims).toString('base64').replaceAll('=', '');
  expect(payload).toMatch(/[+/]/);
  return signer.signInput(`${header}.${payload}`);
}

function strayBits(): string {
  const header = base64url(JSON.stringify({ alg: 'RS256', kid: signer.keyId }));
  let claims = JSON.stringify(userClaims());
  while (Buffer.byteLength(claims) % 3 !== 1) claims += ' ';
  const payload = base64url(claims);
  return signer.signInput(`${header}.${payload.slice(0, -1)}${nextCharacter(payload.at(-1))}`);
}

function strayLastCharacter(token: string): string {
  return token.slice(0, -1) + nextCharacter(token.at(-1));
}

/** Differs only in the bits that base64 throws away. */
function nextCharacter(character = 'A'): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return alphabet[alphabet.indexOf(character) + 1] ?? 'B';
}

describe('a bearer token', () => {
  it('is accepted when it is a user pool’s access token for us', async () => {
    const answer = await call(`${auth.url}/auth/me`, bearer(signer.userToken()));

    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      username: 'ada',
      subject: 'a1b2c3d4-user',
      kind: 'user',
      scopes: ['sensorflow/import', 'sensorflow/read', 'sensorflow/write'],
    });
    expect(answer.body['expiresAt']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it('is accepted from a machine, which is named by its client', async () => {
    const answer = await call(`${auth.url}/auth/me`, bearer(signer.machineToken()));

    expect(answer.body).toMatchObject({
      username: 'machine-client',
      subject: 'machine-client',
      kind: 'machine',
      scopes: ['sensorflow/read', 'sensorflow/write'],
    });
  });

  it.each(ATTACKS)('is refused with 401: %s', async (_name, token) => {
    const answer = await call(`${auth.url}/auth/me`, bearer(token()));

    expect(answer.status).toBe(401);
    expect(answer.body['code']).toBe('invalid-token');
    expect(answer.headers['www-authenticate']).toContain('Bearer');
    // What was found and what to send instead, in none of a library's words.
    expect(answer.body['detail']).toMatch(/ Send an access token of this service/);
    expect(answer.text).not.toMatch(/jwt|\bkid\b|error/i);
  });

  it.each<[string, () => string, RegExp]>([
    [
      'expired',
      () => signer.userToken({ iat: now - 3600, exp: nowEpochSeconds() - 61 }),
      /has expired/,
    ],
    ['not valid yet', () => signer.userToken({ nbf: nowEpochSeconds() + 90 }), /not valid yet/],
    ['an ID token', () => signer.sign(idTokenClaims()), /no access token: its token_use/],
    ['of another issuer', () => signer.userToken({ iss: `${ISSUER}2` }), /another issuer/],
    ['of another client', () => signer.userToken({ client_id: 'other' }), /another client/],
    ['signed by nobody we know', () => attacker.userToken(), /not one of the issuer's/],
    ['with a wrong signature', () => withFlippedBit(signer.userToken()), /signature .* is wrong/],
    ['cut off in its payload', () => signer.userToken().slice(0, 200), /is cut off/],
    ['cut off in its signature', () => signer.userToken().slice(0, -40), /is cut off/],
    ['cut off by one character', () => signer.userToken().slice(0, -1), /is cut off/],
    ['in quotes', () => `"${signer.userToken()}"`, /in quotes/],
    ['there twice', () => `${signer.userToken()} ${signer.userToken()}`, /more than one token/],
    ['doubled', () => signer.userToken().repeat(2), /more than once/],
    ['behind Bearer twice', () => `Bearer ${signer.userToken()}`, /Bearer is there twice/],
    ['in two lines', () => `${signer.userToken().slice(0, 80)} x`, /blank in the access token/],
    ['something else', () => 'hunter2', /three base64url parts/],
    ['too large', () => 'x'.repeat(8193), /more than 8192 characters/],
  ])('hears what is wrong with it when it is %s', async (_name, token, words) => {
    const answer = await call(`${auth.url}/auth/me`, bearer(token()));

    expect([answer.status, answer.body['code']]).toEqual([401, 'invalid-token']);
    expect(answer.body['detail']).toMatch(words);
    const described = String(answer.body['detail']).replaceAll('"', "'");
    expect(answer.headers['www-authenticate']).toBe(
      `Bearer realm="SensorFlow", error="invalid_token", error_description="${described}"`,
    );
  });

  it.each<[string, () => string]>([
    ['signed by somebody else', () => attacker.userToken({ iat: now - 3600, exp: now - 1800 })],
    [
      'with a wrong signature',
      () => withFlippedBit(signer.userToken({ iat: now - 3600, exp: now - 1800 })),
    ],
    ['cut off', () => signer.userToken({ iat: now - 3600, exp: now - 1800 }).slice(0, -60)],
    [
      'of another issuer, and signed by somebody else',
      () => attacker.userToken({ iss: 'https://secret.example' }),
    ],
  ])('hears nothing of its claims before it is verified: %s', async (_name, token) => {
    const answer = await call(`${auth.url}/auth/me`, bearer(token()));

    expect([answer.status, answer.body['code']]).toEqual([401, 'invalid-token']);
    expect(JSON.stringify(answer)).not.toMatch(/expired|another issuer|another client|secret/);
  });

  it('pollutes no prototype on its way', () => {
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  it('is accepted 59 s after it expired, for the sake of clocks that differ', async () => {
    const token = signer.userToken({ iat: now - 3600, exp: nowEpochSeconds() - 57 });

    expect((await call(`${auth.url}/auth/me`, bearer(token))).status).toBe(200);
  });

  it('is accepted with an nbf within the skew', async () => {
    const token = signer.userToken({ nbf: nowEpochSeconds() + 50 });

    expect((await call(`${auth.url}/auth/me`, bearer(token))).status).toBe(200);
  });

  it('is accepted at the size of a user in many groups', async () => {
    const groups = Array.from({ length: 90 }, (_, index) => `some-department-${index}`);

    const answer = await call(
      `${auth.url}/auth/me`,
      bearer(signer.userToken({ 'cognito:groups': [...groups, 'viewers'] })),
    );

    expect(answer.body['scopes']).toEqual(['sensorflow/read']);
  });
});

describe('the Authorization header', () => {
  const get = (authorization: string | string[]) =>
    call(`${auth.url}/probe/any`, { authorization });

  it('takes the scheme in any case', async () => {
    const token = signer.userToken();

    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      expect((await get(`${scheme} ${token}`)).status).toBe(200);
    }
  });

  it.each<[string, (token: string) => string | string[]]>([
    ['two tokens', (token) => `Bearer ${token} ${token}`],
    ['a comma', (token) => `Bearer ${token}, Bearer ${token}`],
    ['a comma behind it', (token) => `Bearer ${token},`],
    ['a tab', (token) => `Bearer\t${token}`],
    ['no token', () => 'Bearer'],
    ['quotes', (token) => `Bearer "${token}"`],
    ['two headers', (token) => [`Bearer ${token}`, `Bearer ${token}`]],
    ['a Basic header before it', (token) => ['Basic YTpi', `Bearer ${token}`]],
  ])('is refused with %s', async (_name, header) => {
    const answer = await get(header(signer.userToken()));

    expect(answer.status).toBe(401);
    expect(['invalid-token', 'unauthenticated']).toContain(answer.body['code']);
  });

  it('asks for an identity when there is none', async () => {
    const answer = await call(`${auth.url}/probe/any`);

    expect(answer.status).toBe(401);
    expect(answer.body['code']).toBe('unauthenticated');
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="SensorFlow"');
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['nothing at all', {}, /^No credential was found\. Send/],
    ['Basic credentials', { authorization: 'Basic YTpi' }, /only POST \/auth\/login/],
    ['another scheme', { authorization: 'Digest a=b' }, /not with the scheme Bearer/],
    ['a cookie that was left out', {}, /Secure, so .* over plain http; use https\.$/],
    ['a token without its scheme', { authorization: 'eyJhbGciOi' }, /write Bearer and a blank/],
    ['no blank behind the scheme', { authorization: 'Bearer\teyJ' }, /no blank between Bearer/],
  ])('explains what it makes of %s', async (_name, headers, words) => {
    const answer = await call(`${auth.url}/probe/any`, headers);

    expect(answer.body).toMatchObject({ code: 'unauthenticated' });
    expect(answer.body['detail']).toMatch(words);
  });
});

describe('a scope', () => {
  const ROUTES = ['read', 'write', 'import', 'admin'] as const;

  async function reachable(token: string): Promise<string[]> {
    const open: string[] = [];
    for (const route of ROUTES) {
      const method = route === 'write' ? 'POST' : 'GET';
      const answer = await call(`${auth.url}/probe/${route}`, bearer(token), method);
      const refused = answer.status === 403 && answer.body['code'] === 'insufficient-scope';
      if (!refused) open.push(answer.status < 300 ? route : `${route}: ${answer.text}`);
    }
    return open;
  }

  it.each([
    [['viewers'], ['read']],
    [['operators'], ['read', 'write', 'import']],
    [['admins'], ['read', 'write', 'import', 'admin']],
    [['viewers', 'strangers'], ['read']],
    [['Admins', 'admins ', '__proto__', 'constructor'], []],
  ])('comes to a user from groups %j', async (groups, open) => {
    expect(await reachable(signer.userToken({ 'cognito:groups': groups }))).toEqual(open);
  });

  it.each<[unknown, readonly string[]]>([
    ['sensorflow/read', ['read']],
    ['sensorflow/admin', ['admin']],
    ['sensorflow/import sensorflow/write', ['write', 'import']],
    [undefined, []],
    ['', []],
    ['sensorflow/read2', []],
    ['xsensorflow/read', []],
    ['SENSORFLOW/READ', []],
    ['sensorflow/read,sensorflow/write', []],
    ['sensorflow/read\tsensorflow/write', []],
    [['sensorflow/read'], []],
    [{ 'sensorflow/read': true }, []],
  ])('comes to a machine from the claim %j', async (scope, open) => {
    expect(await reachable(signer.machineToken({ scope }))).toEqual(open);
  });

  it('does not come to a user from the scope claim', async () => {
    const token = signer.userToken({ 'cognito:groups': undefined, scope: 'sensorflow/admin' });

    expect(await reachable(token)).toEqual([]);
  });

  it('does not come to a user from groups that are no list', async () => {
    expect(await reachable(signer.userToken({ 'cognito:groups': 'admins' }))).toEqual([]);
  });

  it('does not come to a machine from groups', async () => {
    const token = signer.machineToken({ scope: '', 'cognito:groups': ['admins'] });

    expect(await reachable(token)).toEqual([]);
  });
});

describe('the control', () => {
  it('signs with the key that the endpoint publishes', () => {
    const published = createPublicKey({ key: { ...publicJwk }, format: 'jwk' });

    expect(published.equals(signer.publicKey)).toBe(true);
    expect(part(signer.sign(machineClaims()), 2)).not.toBe('');
  });
});
