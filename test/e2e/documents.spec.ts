import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
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

/** Every answer that is a problem, as place, status and response. */
function refusals(): readonly (readonly [string, string, any])[] {
  return operations().flatMap(([name, { responses }]) =>
    Object.entries<any>(responses)
      .filter(([status]) => Number(status) >= 400)
      .map(([status, response]) => [`${name} ${status}`, status, response] as const),
  );
}

/** The schema at that JSON pointer of the document, as a check. */
function schemaOf(pointer: string): (value: unknown) => boolean {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema({ $id: 'openapi', ...document });
  const validate = ajv.compile({ $ref: `openapi#${pointer}` });
  return (value) => validate(value);
}

/** Every object schema that a body consists of: is it closed? */
function closedObjects(schema: any): readonly boolean[] {
  const { $ref: reference, oneOf, items } = schema;
  if (reference !== undefined) {
    return closedObjects(document.components.schemas[reference.split('/').at(-1)]);
  }
  if (oneOf !== undefined) return oneOf.flatMap(closedObjects);
  if (items !== undefined) return closedObjects(items);
  return [schema.type !== 'object' || schema.additionalProperties === false];
}

/** Every example, with the JSON pointer of the schema that it is an example of. */
function examples(node: any, pointer: string): { schema: string; example: unknown }[] {
  if (typeof node !== 'object' || node === null) return [];
  const below = Object.entries<any>(node)
    .filter(([name]) => name !== 'example')
    .flatMap(([name, value]) =>
      examples(
        value,
        `${pointer}/${encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'))}`,
      ),
    );
  if (!('example' in node) || pointer.endsWith('/properties')) return below;
  const schema = 'schema' in node ? `${pointer}/schema` : pointer;
  return [...below, { schema, example: node.example }];
}

const PUBLIC = new Set([
  'GET /',
  'GET /api/v1/health',
  'GET /api/v1/ping',
  'GET /health/live',
  'GET /health/ready',
  'POST /auth/login',
  'POST /auth/password',
]);

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
      'DELETE /api-keys/{keyId}',
      'DELETE /sensor-data/uploads/{id}',
      'DELETE /sensor-data/{equipmentId}',
      'DELETE /sensor-data/{equipmentId}/{timestamp}',
      'GET /',
      'GET /api-keys',
      'GET /api/v1/health',
      'GET /api/v1/ping',
      'GET /api/v1/query/recent',
      'GET /api/v1/query/sensor/{equipmentId}/latest',
      'GET /api/v1/sensor/{equipmentId}/latest',
      'GET /audit',
      'GET /auth/me',
      'GET /equipment',
      'GET /equipment/overview',
      'GET /equipment/{equipmentId}/metrics',
      'GET /health/live',
      'GET /health/ready',
      'GET /sensor-data/aggregated',
      'GET /sensor-data/aggregated/fleet',
      'GET /sensor-data/aggregated/verify',
      'GET /sensor-data/live',
      'GET /sensor-data/uploads',
      'GET /sensor-data/uploads/{id}',
      'GET /sensor-data/{equipmentId}',
      'GET /sensor-data/{equipmentId}/latest',
      'GET /sensor-data/{equipmentId}/series',
      'GET /sensor-data/{equipmentId}/{timestamp}/history',
      'GET /users',
      'GET /ws/sensor_updates',
      'PATCH /users/{username}',
      'POST /api-keys',
      'POST /api/sensor_data',
      'POST /api/temperature_reading',
      'POST /api/v1/cip_monitoring',
      'POST /api/v1/temperature_reading',
      'POST /auth/login',
      'POST /auth/logout',
      'POST /auth/password',
      'POST /sensor-data',
      'POST /sensor-data/aggregated/repair',
      'POST /sensor-data/batch',
      'POST /sensor-data/csv-preview',
      'POST /sensor-data/upload-csv',
      'POST /users',
      'POST /users/{username}/reset',
      'POST /users/{username}/sign-out',
    ]);
  });

  it('names every way in for every route that is not public', () => {
    const webSocket = 'GET /ws/sensor_updates';
    const closed = operations().filter(([name]) => !PUBLIC.has(name) && name !== webSocket);
    // It takes no cookie, and forbids all that it refuses.
    const listening = document.paths['/ws/sensor_updates'].get;
    expect(listening.security.flatMap(Object.keys).toSorted()).toEqual([
      'apiKey',
      'apiKeyInQuery',
      'machineToken',
    ]);
    expect(Object.keys(listening.responses)).not.toContain('401');
    for (const [name, operation] of closed) {
      const schemes = (operation.security ?? []).flatMap(Object.keys);
      expect(schemes, name).toEqual(expect.arrayContaining(['sessionCookie', 'machineToken']));
      expect(Object.keys(operation.responses), name).toEqual(
        expect.arrayContaining(['401', '403']),
      );
    }
    const others = closed
      .filter(([, { security }]) => !security.some((way: any) => 'apiKey' in way))
      .map(([name]) => name);
    // No key is an administrator.
    expect(others.toSorted()).toEqual([
      'DELETE /api-keys/{keyId}',
      'DELETE /sensor-data/{equipmentId}',
      'DELETE /sensor-data/{equipmentId}/{timestamp}',
      'GET /api-keys',
      'GET /audit',
      'GET /users',
      'PATCH /users/{username}',
      'POST /api-keys',
      'POST /sensor-data/aggregated/repair',
      'POST /users',
      'POST /users/{username}/reset',
      'POST /users/{username}/sign-out',
    ]);
    expect(Object.keys(document.components.securitySchemes)).toEqual(
      expect.arrayContaining(['apiKey', 'sessionCookie', 'machineToken', 'loginCredentials']),
    );
  });

  it('says how to log in on its page, by names that it has', () => {
    expect(document.info.description).toMatch(/`loginCredentials`.*`POST \/auth\/login`/s);
    for (const path of ['/auth/login', '/auth/password']) {
      const { security } = document.paths[path].post;
      expect(security.flatMap(Object.keys), path).toEqual(['loginCredentials']);
    }
  });

  it('describes every answer with a schema, and every refusal with its codes', () => {
    const answers = operations().flatMap(([name, { responses }]) =>
      Object.entries<any>(responses).map(
        ([status, { content }]) => [`${name} ${status}`, status, content ?? {}] as const,
      ),
    );
    expect(refusals().length).toBeGreaterThan(40);
    const empty = answers.filter(([, status]) => status === '204').map(([place]) => place);
    expect(empty.toSorted()).toEqual([
      'DELETE /api-keys/{keyId} 204',
      'DELETE /sensor-data/uploads/{id} 204',
      'DELETE /sensor-data/{equipmentId} 204',
      'DELETE /sensor-data/{equipmentId}/{timestamp} 204',
      'POST /users/{username}/sign-out 204',
    ]);
    for (const [place, status, content] of answers) {
      expect(Object.values<any>(content).length > 0, place).toBe(!/101|204/.test(status));
      expect(
        Object.values<any>(content).every(({ schema }) => schema !== undefined),
        place,
      ).toBe(true);
    }
    for (const [place, , { content }] of refusals()) {
      expect(Object.keys(content), place).toEqual(['application/problem+json']);
      expect(JSON.stringify(content), place).toContain('"enum"');
    }
  });

  it('names the codes of each refusal once, in words as in its schema', () => {
    for (const [place, , { description, content }] of refusals()) {
      const { schema } = content['application/problem+json'];
      expect(description, place).toBe(`problem: ${schema.properties.code.enum.join(', ')}`);
    }
  });

  it('shows each refusal by an example with its own status and one of its codes', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema({ $id: 'openapi', ...document });
    const shown = new Set<string>();
    for (const [place, status, { content }] of refusals()) {
      const { example, schema } = content['application/problem+json'];
      expect(example.status, place).toBe(Number(status));
      expect(schema.properties.code.enum, place).toContain(example.code);
      expect(example.type, place).toMatch(new RegExp(`/${example.code}$`));
      expect('errors' in example, place).toBe(example.code.startsWith('invalid-re'));
      // A schema's references lead to the document.
      const whole = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"openapi#/'));
      expect(ajv.validate(whole, example), `${place} ${ajv.errorsText()}`).toBe(true);
      shown.add(`${status} ${example.title}`);
    }
    expect([...shown].toSorted()).toEqual([
      '400 Bad Request',
      '401 Unauthorized',
      '403 Forbidden',
      '404 Not Found',
      '409 Conflict',
      '413 Content Too Large',
      '414 URI Too Long',
      '415 Unsupported Media Type',
      '426 Upgrade Required',
      '429 Too Many Requests',
      '503 Service Unavailable',
    ]);
  });

  it('shows refused input by a fault that the route can have', () => {
    const shown = refusals().flatMap(([place, , { content }]) => {
      const { example } = content['application/problem+json'];
      expect(example.detail, place).not.toMatch(/^Says/);
      return 'errors' in example ? [[place, example.errors[0].pointer]] : [];
    });

    const unknown: readonly string[] = shown
      .filter(([, pointer]) => pointer === '/verbose')
      .map(([place]) => place);
    expect(unknown.toSorted()).toEqual([
      'DELETE /api-keys/{keyId} 400',
      'DELETE /sensor-data/uploads/{id} 400',
      'GET /auth/me 400',
      'GET /sensor-data/uploads/{id} 400',
      'GET /ws/sensor_updates 400',
      'POST /auth/logout 400',
      'POST /users/{username}/reset 400',
      'POST /users/{username}/sign-out 400',
    ]);
    expect(Object.fromEntries(shown.filter(([place]) => !unknown.includes(place)))).toEqual({
      'POST /auth/password 400': '/newPassword',
      'POST /api-keys 400': '/scopes',
      'GET /api-keys 400': '/limit',
      'GET /api/v1/query/recent 400': '/limit',
      'GET /api/v1/query/sensor/{equipmentId}/latest 400': '/limit',
      'GET /api/v1/sensor/{equipmentId}/latest 400': '/equipmentId',
      'POST /api/sensor_data 400': '/temperature',
      'POST /api/temperature_reading 400': '/temperature',
      'POST /api/v1/cip_monitoring 400': '/temperature',
      'POST /api/v1/temperature_reading 400': '/temperature',
      'GET /audit 400': '/from',
      'GET /users 400': '/limit',
      'POST /users 400': '/group',
      'PATCH /users/{username} 400': '/group',
      'GET /equipment 400': '/limit',
      'GET /equipment/overview 400': '/search',
      'GET /equipment/{equipmentId}/metrics 400': '/limit',
      'POST /sensor-data 400': '/timestamp',
      'POST /sensor-data/batch 400': '/precision',
      'GET /sensor-data/{equipmentId} 400': '/from',
      'GET /sensor-data/{equipmentId}/latest 400': '/asOf',
      'GET /sensor-data/{equipmentId}/series 400': '/metric',
      'GET /sensor-data/{equipmentId}/{timestamp}/history 400': '/timestamp',
      'DELETE /sensor-data/{equipmentId}/{timestamp} 400': '/timestamp',
      'DELETE /sensor-data/{equipmentId} 400': '/to',
      'GET /sensor-data/live 400': '/equipmentId',
      'GET /sensor-data/aggregated 400': '/interval',
      'GET /sensor-data/aggregated/fleet 400': '/interval',
      'GET /sensor-data/aggregated/verify 400': '/from',
      'POST /sensor-data/aggregated/repair 400': '/from',
      'POST /sensor-data/csv-preview 400': '/head',
      'POST /sensor-data/upload-csv 400': '/fileName',
      'GET /sensor-data/uploads 400': '/limit',
    });
  });

  it('documents Retry-After wherever it can be sent, and where an import is shown', () => {
    const headersOf = new Map(
      refusals().map(([place, status, { headers }]) => [
        place,
        [status, Object.keys(headers ?? {})],
      ]),
    );

    for (const [place, [status, headers]] of headersOf) {
      const isRetried = status === '429' || status === '503';
      expect(headers, place).toEqual(isRetried ? ['Retry-After'] : []);
    }
    const { headers } = document.paths['/sensor-data/upload-csv'].post.responses['201'];
    expect(Object.keys(headers)).toEqual(['Location']);
  });

  it('gives equipment ids their pattern and instants their format in every query and path', () => {
    const parameters = operations().flatMap(([name, operation]) =>
      (operation.parameters ?? []).map((one: any) => [`${name} ${one.name}`, one] as const),
    );

    const withoutGrammar = parameters
      .filter(([, { name, schema }]) => {
        if (name === 'equipmentId') return (schema.items ?? schema).pattern === undefined;
        return ['from', 'to', 'asOf'].includes(name) && schema.format !== 'date-time';
      })
      .map(([place]) => place);

    expect(parameters.length).toBeGreaterThan(20);
    expect(withoutGrammar).toEqual([]);
  });

  it('describes the body of every route that takes one', () => {
    const takingBody = operations().filter(([name]) =>
      /^(PATCH|POST) \/(api-keys|api\/|auth\/password|users(?!.*\/(reset|sign-out))|sensor-data(?!\/aggregated\/repair))/.test(
        name,
      ),
    );

    expect(operations().filter(([, { requestBody }]) => requestBody !== undefined)).toEqual(
      takingBody,
    );
    for (const [name, { responses }] of takingBody) {
      expect(Object.keys(responses), name).toEqual(expect.arrayContaining(['400', '413', '415']));
    }
  });

  it('names its components in the words of the domain', () => {
    const names = Object.keys(document.components.schemas);

    expect(names).toEqual(
      expect.arrayContaining([
        'NewReading',
        'NewReadingWithValue',
        'NewReadingWithValues',
        'Reading',
        'ReadingPage',
        'BatchVerdict',
        'NewImport',
        'ImportUpload',
        'Import',
      ]),
    );
    expect(names.filter((name) => /(?:View|Body)$/.test(name))).toEqual([]);
  });

  it('demands value or values of a reading, and refuses what it does not know', () => {
    const takes = schemaOf('/components/schemas/NewReading');
    const identity = { equipmentId: 'EQ-1', timestamp: '2023-02-15T06:30:00Z' };

    expect(takes({ ...identity, value: 1 })).toBe(true);
    expect(takes({ ...identity, values: { a: 1 }, tags: { lot: '7' } })).toBe(true);
    expect(takes({ ...identity, values: { a: 1, b: null } })).toBe(true);
    expect(takes(identity)).toBe(false);
    expect(takes({ ...identity, value: null })).toBe(false);
    expect(takes({ ...identity, value: 1, values: { a: 1 } })).toBe(false);
    expect(takes({ ...identity, value: 1, unit: 'C' })).toBe(false);
    expect(takes({ ...identity, values: { '1st': 1 } })).toBe(false);
    expect(takes({ ...identity, value: 1, tags: { 'a b': 'c' } })).toBe(false);
  });

  it('names its operations by what they do', () => {
    const names: readonly string[] = operations().map(([, { operationId }]) => operationId);

    expect(new Set(names).size).toBe(names.length);
    expect(names.toSorted()).toEqual([
      'changePerson',
      'checkLiveness',
      'checkReadiness',
      'createApiKey',
      'followMeasurements',
      'followReadings',
      'invitePerson',
      'latestOfSensor',
      'latestReading',
      'listApiKeys',
      'listAuditEntries',
      'listEquipment',
      'listImports',
      'listLatestOfSensor',
      'listMetrics',
      'listPeople',
      'listReadings',
      'listRecent',
      'login',
      'logout',
      'openImport',
      'ping',
      'previewCsv',
      'recordBatch',
      'recordCipMonitoring',
      'recordDeviceMeasurement',
      'recordDeviceTemperature',
      'recordReading',
      'recordTemperatureReading',
      'removeRange',
      'removeReading',
      'repairAggregates',
      'resetPerson',
      'revokeApiKey',
      'setPassword',
      'showAggregates',
      'showCaller',
      'showFleetHours',
      'showHealth',
      'showHistory',
      'showImport',
      'showOverview',
      'showSeries',
      'showService',
      'signOutPerson',
      'undoImport',
      'verifyAggregates',
    ]);
  });

  it('closes every body of a request, but for those of the earlier service', () => {
    // Its devices may send unknown members, and always could.
    const ours = operations().filter(([name]) => !name.startsWith('POST /api/'));
    const open = ours.flatMap(([name, { requestBody }]) =>
      Object.entries<any>(requestBody?.content ?? {})
        .filter(([, { schema }]) => !closedObjects(schema).every(Boolean))
        .map(([type]) => `${name} ${type}`),
    );

    expect(open).toEqual([]);
  });

  it('has a schema for each content type of a batch', () => {
    const { content } = document.paths['/sensor-data/batch'].post.requestBody;

    expect(content['application/json'].schema).toMatchObject({ type: 'array', maxItems: 10_000 });
    expect(content['application/x-ndjson'].schema).toMatchObject({ type: 'string' });
    expect(JSON.stringify(document)).not.toContain('x-by-content-type');
  });

  it('shows examples that its own schemas accept', () => {
    const refused = examples(document, '').filter(
      ({ schema, example }) => !schemaOf(schema)(example),
    );

    expect(examples(document, '').length).toBeGreaterThan(60);
    expect(refused).toEqual([]);
  });

  it('is shown by Swagger UI with nothing from other hosts', async () => {
    const page = await (await fetch(`${baseUrl}/docs`)).text();

    expect(page).toContain('swagger-ui');
    expect(page).not.toMatch(/(src|href)="https?:/);
  });

  it('is shown by Redoc with nothing from other hosts, and no script but its own', async () => {
    const answer = await fetch(`${baseUrl}/redoc`);
    const page = await answer.text();
    const script = await fetch(`${baseUrl}/redoc/redoc.standalone.js`);

    expect([answer.status, script.status]).toEqual([200, 200]);
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page).toContain('spec-url="/openapi.json"');
    expect(page).not.toMatch(/https?:|<script>/);
    const policy = answer.headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/^default-src 'none';.*script-src 'self';/);
    expect(policy).not.toMatch(/https?:|unsafe-eval|script-src [^;]*unsafe/);
    expect(script.headers.get('content-type')).toMatch(/javascript/);
    expect(await script.text()).toContain('Redoc');
  });
});
