import { describe, expect, it } from 'vitest';
import { isCrossSiteRequest } from './cross-site.js';

const OWN = 'https://sensorflow.example';
const FRONTEND = 'https://app.example';
const ownOrigins = new Set([OWN, FRONTEND]);

/** Sec-Fetch-Site, Origin, and whether an unsafe request with them comes from elsewhere. */
const TRUTH_TABLE: readonly (readonly [string | undefined, string | undefined, boolean])[] = [
  [undefined, undefined, false],
  [undefined, OWN, false],
  [undefined, FRONTEND, false],
  [undefined, 'https://evil.example', true],
  [undefined, 'null', true],
  [undefined, '', true],
  ['same-origin', undefined, false],
  ['same-origin', OWN, false],
  ['same-origin', 'https://evil.example', false],
  ['same-site', undefined, true],
  ['same-site', FRONTEND, false],
  ['same-site', OWN, false],
  ['same-site', 'https://evil.example', true],
  ['cross-site', undefined, true],
  ['cross-site', FRONTEND, false],
  ['cross-site', 'https://evil.example', true],
  ['cross-site', 'null', true],
  ['none', undefined, true],
  ['none', OWN, false],
  ['none', 'https://evil.example', true],
  ['', undefined, true],
  ['SAME-ORIGIN', undefined, true],
  ['same-origin, cross-site', undefined, true],
  ['same-origin', 'null', false],
];

describe('an unsafe request', () => {
  it.each(TRUTH_TABLE)('with Sec-Fetch-Site %j and Origin %j is cross-site: %s', (...row) => {
    const [secFetchSite, origin, expected] = row;

    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'post']) {
      expect(isCrossSiteRequest({ method, secFetchSite, origin }, ownOrigins)).toBe(expected);
    }
  });
});

describe('a safe request', () => {
  it.each(TRUTH_TABLE)('with Sec-Fetch-Site %j and Origin %j passes', (secFetchSite, origin) => {
    for (const method of ['GET', 'HEAD', 'OPTIONS']) {
      expect(isCrossSiteRequest({ method, secFetchSite, origin }, ownOrigins)).toBe(false);
    }
  });
});
