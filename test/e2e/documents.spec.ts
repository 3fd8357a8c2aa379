import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, inject, it } from 'vitest';

let baseUrl: string;
let document: any;

beforeAll(async () => {
  baseUrl = inject('stack').baseUrl;
  document = await (await fetch(`${baseUrl}/openapi.json`)).json();
});

/** Every operation as `METHOD path`. */
function operations(): readonly (readonly [string, any])[] {
  return Object.entries<any>(document.paths).flatMap(([path, item]) =>
    Object.entries<any>(item).map(
      ([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const,
    ),
  );
}

const PUBLIC = ['GET /', 'GET /health/live', 'GET /health/ready', 'POST /auth/login'];

describe('the OpenAPI document', () => {
  it('is OpenAPI 3.1 whose schemas are valid JSON Schema', () => {
    expect(document.openapi).toBe('3.1.0');
    const ajv = new Ajv2020({ strict: false });
    for (const [name, schema] of Object.entries<any>(document.components.schemas)) {
      expect(ajv.validateSchema(schema), name).toBe(true);
      expect(JSON.stringify(schema), name).not.toContain('"nullable"');
    }
  });

  it('has every route of the product', () => {
    expect(
      operations()
        .map(([name]) => name)
        .toSorted(),
    ).toEqual([
      'GET /',
      'GET /auth/me',
      'GET /health/live',
      'GET /health/ready',
      'GET /sensor-data/aggregated',
      'GET /sensor-data/uploads',
      'GET /sensor-data/uploads/{id}',
      'GET /sensor-data/{equipmentId}',
      'GET /sensor-data/{equipmentId}/latest',
      'POST /auth/login',
      'POST /auth/logout',
      'POST /sensor-data',
      'POST /sensor-data/batch',
      'POST /sensor-data/upload-csv',
    ]);
  });

  it('names both ways in for every route that is not public', () => {
    for (const [name, operation] of operations()) {
      const schemes = (operation.security ?? []).flatMap(Object.keys);
      if (!PUBLIC.includes(name)) {
        expect(schemes, name).toEqual(expect.arrayContaining(['sessionCookie', 'machineToken']));
        expect(Object.keys(operation.responses), name).toEqual(
          expect.arrayContaining(['401', '403']),
        );
      }
    }
    expect(Object.keys(document.components.securitySchemes)).toEqual(
      expect.arrayContaining(['sessionCookie', 'machineToken', 'loginCredentials']),
    );
  });

  it('describes every answer with a schema, and every refusal with its codes', () => {
    for (const [name, operation] of operations()) {
      for (const [status, response] of Object.entries<any>(operation.responses)) {
        const contents = Object.entries<any>(response.content ?? {});
        expect(contents.length, `${name} ${status}`).toBeGreaterThan(0);
        for (const [type, { schema }] of contents) {
          expect(schema, `${name} ${status} ${type}`).toBeDefined();
          if (Number(status) >= 400) {
            expect(type, `${name} ${status}`).toBe('application/problem+json');
            expect(JSON.stringify(schema), `${name} ${status}`).toContain('"enum"');
          }
        }
      }
    }
  });

  it('describes the body of every route that takes one', () => {
    for (const [name, operation] of operations()) {
      const takesBody = name.startsWith('POST /sensor-data');
      expect(operation.requestBody !== undefined, name).toBe(takesBody);
      if (takesBody) {
        expect(Object.keys(operation.responses), name).toEqual(
          expect.arrayContaining(['400', '413', '415']),
        );
      }
    }
  });

  it('is shown by Swagger UI with nothing from other hosts', async () => {
    const page = await (await fetch(`${baseUrl}/docs`)).text();

    expect(page).toContain('swagger-ui');
    expect(page).not.toMatch(/(src|href)="https?:/);
  });
});
