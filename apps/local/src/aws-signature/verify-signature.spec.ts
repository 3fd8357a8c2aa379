import { describe, expect, it } from 'vitest';
import { readAuthorization } from './authorization.js';
import { SignatureRefusal } from './signature-refusal.js';
import type { SignedRequest } from './signed-request.js';
import { sha256Hex } from './signing-key.js';
import { verifySignature, type SignaturePolicy } from './verify-signature.js';

// The keys, requests and signatures are the examples of AWS's own S3 API Reference.
const POLICY: SignaturePolicy = {
  service: 's3',
  region: 'us-east-1',
  credentials: {
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  },
};
const NOW = Date.parse('2013-05-24T00:00:00Z');
const SCOPE = '20130524/us-east-1/s3/aws4_request';
const EMPTY_HASH = sha256Hex('');

function aRequest(overrides: Partial<SignedRequest> & { header?: object }): SignedRequest {
  const { header = {}, ...rest } = overrides;
  const headers = new Map(Object.entries(header).map(([name, value]) => [name, String(value)]));
  const path = rest.path ?? '/test.txt';
  return { method: 'GET', path, rawPath: path, query: [], headers, ...rest };
}

function aSignedGet(header: object = {}): SignedRequest {
  return aRequest({
    header: {
      host: 'examplebucket.s3.amazonaws.com',
      range: 'bytes=0-9',
      'x-amz-content-sha256': EMPTY_HASH,
      'x-amz-date': '20130524T000000Z',
      authorization: `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/${SCOPE},SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41`,
      ...header,
    },
  });
}

function aPresignedGet(changes: Readonly<Record<string, string>> = {}): SignedRequest {
  const query = {
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `AKIAIOSFODNN7EXAMPLE/${SCOPE}`,
    'X-Amz-Date': '20130524T000000Z',
    'X-Amz-Expires': '86400',
    'X-Amz-SignedHeaders': 'host',
    'X-Amz-Signature': 'aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
    ...changes,
  };
  const header = { host: 'examplebucket.s3.amazonaws.com' };
  return aRequest({ query: Object.entries(query), header });
}

function verify(request: SignedRequest, payloadHash: string, nowEpochMs = NOW) {
  return verifySignature(request, readAuthorization(request), payloadHash, POLICY, nowEpochMs);
}

function refusalOf(request: SignedRequest, payloadHash = EMPTY_HASH, nowEpochMs = NOW): string {
  try {
    verify(request, payloadHash, nowEpochMs);
  } catch (error) {
    return error instanceof SignatureRefusal ? error.reason : String(error);
  }
  return 'accepted';
}

describe('verifying a signed header', () => {
  it("accepts AWS's example of a GET", () => {
    expect(refusalOf(aSignedGet())).toBe('accepted');
  });

  it("accepts AWS's example of a PUT whose key needs encoding", () => {
    const hash = sha256Hex('Welcome to Amazon S3.');
    const request = aRequest({
      method: 'PUT',
      path: '/test$file.text',
      header: {
        host: 'examplebucket.s3.amazonaws.com',
        date: 'Fri, 24 May 2013 00:00:00 GMT',
        'x-amz-date': '20130524T000000Z',
        'x-amz-storage-class': 'REDUCED_REDUNDANCY',
        'x-amz-content-sha256': hash,
        authorization: `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/${SCOPE},SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd`,
      },
    });

    expect(refusalOf(request, hash)).toBe('accepted');
  });

  it.each([
    ['another value of a signed header', { range: 'bytes=0-99' }, 'mismatch'],
    ['an unsigned x-amz header', { 'x-amz-meta-added': '1' }, 'unsigned-header'],
    ['a session token, signed or not', { 'x-amz-security-token': 'x' }, 'security-token'],
    ['another scheme', { authorization: 'Basic dTpw' }, 'malformed-header'],
    ['a header without its fields', { authorization: 'AWS4-HMAC-SHA256' }, 'malformed-header'],
    ['a date that is not its scope’s', { 'x-amz-date': '20130525T000000Z' }, 'malformed-header'],
    ['a text for a date', { 'x-amz-date': 'yesterday' }, 'malformed-header'],
  ])('refuses %s', (_, header, reason) => {
    expect(refusalOf(aSignedGet(header))).toBe(reason);
  });

  it('refuses another payload hash than was signed', () => {
    expect(refusalOf(aSignedGet(), sha256Hex('other'))).toBe('mismatch');
  });

  it('refuses a signed header that is missing', () => {
    const request = aSignedGet();
    const headers = new Map(request.headers);
    headers.delete('range');

    expect(refusalOf({ ...request, headers })).toBe('mismatch');
  });

  it('takes a clock up to fifteen minutes off in either direction', () => {
    const minuteMs = 60_000;

    expect(refusalOf(aSignedGet(), EMPTY_HASH, NOW + 15 * minuteMs)).toBe('accepted');
    expect(refusalOf(aSignedGet(), EMPTY_HASH, NOW - 15 * minuteMs)).toBe('accepted');
    expect(refusalOf(aSignedGet(), EMPTY_HASH, NOW + 15 * minuteMs + 1)).toBe('skewed');
    expect(refusalOf(aSignedGet(), EMPTY_HASH, NOW - 15 * minuteMs - 1)).toBe('skewed');
  });

  it('refuses a request without any credentials, and one with two kinds', () => {
    const anonymous = aRequest({ header: { host: 'a' } });
    const twice = { ...aPresignedGet(), headers: aSignedGet().headers };

    expect(refusalOf(anonymous)).toBe('anonymous');
    expect(refusalOf(twice)).toBe('several-mechanisms');
  });
});

describe('verifying a presigned URL', () => {
  it("accepts AWS's example until it expires", () => {
    const dayMs = 86_400_000;

    expect(refusalOf(aPresignedGet(), 'UNSIGNED-PAYLOAD')).toBe('accepted');
    expect(refusalOf(aPresignedGet(), 'UNSIGNED-PAYLOAD', NOW + dayMs)).toBe('accepted');
    expect(refusalOf(aPresignedGet(), 'UNSIGNED-PAYLOAD', NOW + dayMs + 1)).toBe('expired');
    expect(refusalOf(aPresignedGet(), 'UNSIGNED-PAYLOAD', NOW - 900_001)).toBe('not-yet-valid');
  });

  it.each([
    ['a longer life', { 'X-Amz-Expires': '86401' }, 'mismatch'],
    ['a life of nothing', { 'X-Amz-Expires': '0' }, 'malformed-query'],
    ['a life of more than a week', { 'X-Amz-Expires': '604801' }, 'malformed-query'],
    ['a life that is no number', { 'X-Amz-Expires': '1e3' }, 'malformed-query'],
    ['an added parameter', { 'response-content-type': 'text/html' }, 'mismatch'],
    ['a host that is not signed', { 'X-Amz-SignedHeaders': 'range' }, 'unsigned-header'],
    ['an unknown key', { 'X-Amz-Credential': `AKIAOTHER/${SCOPE}` }, 'unknown-key'],
    ['a short signature', { 'X-Amz-Signature': 'abc' }, 'malformed-query'],
    [
      'another region',
      { 'X-Amz-Credential': `AKIAIOSFODNN7EXAMPLE/20130524/eu-west-1/s3/aws4_request` },
      'malformed-query',
    ],
  ])('refuses %s', (_, changes, reason) => {
    expect(refusalOf(aPresignedGet(changes), 'UNSIGNED-PAYLOAD')).toBe(reason);
  });

  it('refuses a parameter of the signature that comes twice', () => {
    const request = aPresignedGet();
    const query = [...request.query, ['X-Amz-Expires', '1'] as const];

    expect(refusalOf({ ...request, query }, 'UNSIGNED-PAYLOAD')).toBe('malformed-query');
  });
});

describe('verifying chunks', () => {
  const seedHeaders = {
    host: 's3.amazonaws.com',
    'x-amz-date': '20130524T000000Z',
    'x-amz-storage-class': 'REDUCED_REDUNDANCY',
    'content-encoding': 'aws-chunked',
    'x-amz-decoded-content-length': '66560',
  };
  const first = sha256Hex('a'.repeat(65_536));
  const second = sha256Hex('a'.repeat(1024));

  it("accepts AWS's example of signed chunks, in their order only", () => {
    const payload = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD';
    const request = aRequest({
      method: 'PUT',
      path: '/examplebucket/chunkObject.txt',
      header: {
        ...seedHeaders,
        'content-length': '66824',
        'x-amz-content-sha256': payload,
        authorization: `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/${SCOPE},SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class,Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9`,
      },
    });
    const signatures = [
      [first, 'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648'],
      [second, '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497'],
      [EMPTY_HASH, 'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9'],
    ] as const;

    const inOrder = verify(request, payload);
    const outOfOrder = verify(request, payload);

    expect(signatures.map(([hash, each]) => inOrder.acceptsChunk(hash, each))).toEqual([
      true,
      true,
      true,
    ]);
    expect(outOfOrder.acceptsChunk(second, signatures[1][1])).toBe(false);
  });

  it("accepts AWS's example of a signed trailer, and no other trailer", () => {
    const payload = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER';
    const request = aRequest({
      method: 'PUT',
      path: '/examplebucket/chunkObject.txt',
      header: {
        ...seedHeaders,
        'x-amz-content-sha256': payload,
        'x-amz-trailer': 'x-amz-checksum-crc32c',
        authorization: `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/${SCOPE},SignedHeaders=content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer,Signature=106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e`,
      },
    });
    const signature = 'd81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435';

    const verdicts = ['sOO8/Q==', 'sOO8/A=='].map((checksum) => {
      const chunks = verify(request, payload);
      chunks.acceptsChunk(first, '');
      chunks.acceptsChunk(second, '');
      chunks.acceptsChunk(EMPTY_HASH, '');
      return chunks.acceptsTrailer(`x-amz-checksum-crc32c:${checksum}\n`, signature);
    });

    expect(verdicts).toEqual([true, false]);
  });
});
