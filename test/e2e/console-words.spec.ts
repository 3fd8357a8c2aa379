import { globSync, readFileSync } from 'node:fs';
import { describe, expect, inject, it } from 'vitest';
import { problemKey } from '../../apps/console/src/api/words.ts';

const SOURCES = globSync('apps/console/src/**/*.{ts,tsx}');
const CALL = /\bapi\.(GET|POST|PATCH|DELETE)\(\s*'([^']+)'/g;

/** The routes that the console calls, each with its method. */
const called = new Set(
  SOURCES.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(CALL)].map(
      ([, method = '', path = '']) => `${method.toLowerCase()} ${path}`,
    ),
  ),
);

describe('the console', () => {
  it('has words for every problem of every route that it calls', async () => {
    const document: any = await (await fetch(`${inject('stack').baseUrl}/openapi.json`)).json();
    const codes = [...called].flatMap((route) => {
      const [method = '', path = ''] = route.split(' ');
      return Object.values(document.paths[path][method].responses).flatMap(codesOf);
    });

    expect(codes.length).toBeGreaterThan(called.size);
    expect([...new Set(codes)].filter((code) => problemKey(code) === undefined)).toEqual([]);
  });
});

function codesOf(response: any): readonly string[] {
  return response.content?.['application/problem+json']?.schema.properties.code.enum ?? [];
}
