import { describe, expect, it } from 'vitest';
import { awsUriEncode, canonicalRequest } from './canonical-request.js';

function canonicalPath(rawPath: string, service: string): string | undefined {
  const path = decodeURIComponent(rawPath);
  const request = { method: 'GET', rawPath, path, query: [], headers: new Map() };
  return canonicalRequest(request, [], 'hash', service).split('\n')[1];
}

describe('the canonical request', () => {
  it('encodes everything but unreserved characters', () => {
    expect(awsUriEncode("a-b_c.d~e f/+!'()*ü")).toBe('a-b_c.d~e%20f%2F%2B%21%27%28%29%2A%C3%BC');
  });

  it('keeps a path of S3 as it is, encoded once', () => {
    expect(canonicalPath('/b//a/../x%20y%2Bz', 's3')).toBe('/b//a/../x%20y%2Bz');
  });

  it('normalizes a path of any other service and encodes it twice', () => {
    expect(canonicalPath('/b//a/../x%20y/', 'sqs')).toBe('/b/x%2520y/');
    expect(canonicalPath('/', 'sqs')).toBe('/');
  });

  it('sorts the query by name, then value, without the signature', () => {
    const query = [
      ['b', '2'],
      ['X-Amz-Signature', 'f'],
      ['b', '1'],
      ['B', ' '],
    ] as const;
    const request = { method: 'GET', rawPath: '/', path: '/', query, headers: new Map() };

    const line = canonicalRequest(request, [], 'hash', 's3').split('\n')[2];

    expect(line).toBe('B=%20&b=1&b=2');
  });
});
