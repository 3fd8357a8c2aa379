import { describe, expect, it } from 'vitest';
import { firstKey, listPage, readListQuery } from './object-listing.js';
import type { StoredObject } from './object-table.js';

function anObject(key: string): StoredObject {
  const etagHex = 'd41d8cd98f00b204e9800998ecf8427e';
  const rest = { headers: {}, checksums: {}, modifiedAtEpochMs: 0, sequence: 1 };
  return { bucket: 'b', key, file: key, size: 1, etagHex, ...rest };
}

/** All pages of a listing, each as its keys and common prefixes. */
function pages(keys: readonly string[], parameters: Readonly<Record<string, string>>) {
  const shown: string[][] = [];
  let token: string | undefined;
  do {
    const given = { ...parameters, ...(token !== undefined && { 'continuation-token': token }) };
    const request = {
      method: 'GET',
      rawPath: '/b',
      path: '/b',
      headers: new Map<string, string>(),
    };
    const query = readListQuery({ ...request, query: Object.entries(given) });
    const start = firstKey(query);
    const listing = listPage(query, keys.filter((key) => key >= start).map(anObject));
    shown.push([...listing.objects.map(({ key }) => key), ...listing.commonPrefixes]);
    token = listing.nextToken;
  } while (token !== undefined && shown.length < 20);
  return shown;
}

const KEYS = ['a', 'b/1', 'b/2', 'b/c/1', 'c'];

describe('a listing', () => {
  it.each([
    [{}, [KEYS]],
    [{ prefix: 'b/' }, [['b/1', 'b/2', 'b/c/1']]],
    [{ prefix: 'x' }, [[]]],
    [{ 'start-after': 'b/1' }, [['b/2', 'b/c/1', 'c']]],
    [{ 'max-keys': '2' }, [['a', 'b/1'], ['b/2', 'b/c/1'], ['c']]],
    [{ 'max-keys': '5' }, [KEYS]],
    [{ 'max-keys': '0' }, [[]]],
    [{ delimiter: '/' }, [['a', 'c', 'b/']]],
    [{ delimiter: '/', prefix: 'b/' }, [['b/1', 'b/2', 'b/c/']]],
    [{ delimiter: '/', 'max-keys': '1' }, [['a'], ['b/'], ['c']]],
  ])('with %j gives %j', (parameters, expected) => {
    expect(pages(KEYS, parameters)).toEqual(expected);
  });

  it.each([
    { 'max-keys': '-1' },
    { 'max-keys': 'many' },
    { 'encoding-type': 'base64' },
    { 'continuation-token': 'invented' },
  ])('is refused with %j', (parameters) => {
    expect(() => pages(KEYS, parameters)).toThrow(expect.objectContaining({ status: 400 }));
  });
});
