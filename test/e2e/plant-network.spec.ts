import { spawnSync } from 'node:child_process';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { Agent as HttpAgent, request as requestByHttp, type IncomingMessage } from 'node:http';
import { get as getByHttps } from 'node:https';
import { once } from 'node:events';
import { text as textOf } from 'node:stream/consumers';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { basic, eventually, machineToken } from '../support/api-client.js';
import { runBuilt } from '../support/built-command.js';
import { blocksOf } from '../support/documentation.js';
import { LanStack } from '../support/lan-stack.js';
import { listeningAddresses } from '../support/listening-ports.js';
import { LocalStack, temporaryFolder } from '../support/local-stack.js';
import { sendRaw } from '../support/raw-http.js';
import { selfSignedCertificate } from '../support/self-signed-certificate.js';

const HAS_PYTHON = spawnSync('python3', ['--version']).status === 0;
const UPLOAD_ID = '5f1c2d8e-7a34-4c1b-9d2e-0b6a4f3e8c71';
const PLAIN_ROUTES = [
  'get /',
  'get /health/live',
  'get /health/ready',
  'get /api/v1/health',
  'get /api/v1/ping',
  'post /sensor-data',
  'post /sensor-data/batch',
  'post /api/v1/cip_monitoring',
  'post /api/v1/temperature_reading',
  'post /api/temperature_reading',
  'post /api/sensor_data',
];

let lan: LanStack;
let writingKey: string;

beforeAll(async () => {
  lan = await LanStack.start();
  writingKey = await lan.keyFor(['sensorflow/write']);
});

afterAll(async () => {
  await lan.close();
  rmSync(lan.folder, { recursive: true, force: true });
});

function plain(path: string, request: RequestInit = {}): Promise<Response> {
  return fetch(new URL(path, lan.announcement.plainUrl), { redirect: 'manual', ...request });
}

function aReading(equipmentId: string) {
  return JSON.stringify({ equipmentId, timestamp: '2023-02-15T06:30:00.000Z', value: 78.42 });
}

async function openImport(fileName: string, size: number): Promise<any> {
  const answer = await lan.ask('/sensor-data/upload-csv', {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await lan.machineToken()}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ fileName, size }),
  });
  return answer.json();
}

describe('a stack on a network', () => {
  it('says where it is, what to trust, who logs in first, and what it is not', () => {
    const { baseUrl, plainUrl, authorityFile } = lan.announcement;
    const printed = lan.stack.output();

    expect(printed).toContain(`SensorFlow is ready at ${baseUrl}\n`);
    expect(printed).toContain(` ${plainUrl} accepts only readings with an API key`);
    expect(printed).toMatch(/first login +admin \/ Sf1-\S+; you have to change it in the console/);
    expect(printed).toMatch(
      /to trust it +install \S+ on clients; its SHA-256 is (?:[0-9A-F]{2}:){31}/,
    );
    expect(printed).toContain(authorityFile);
    expect(printed).toContain('WARNING        one machine without failover');
  });

  it('shows no secret of the demonstration, and none of the machine but in its file', () => {
    const { machine } = lan.announcement;

    expect(Object.keys(lan.announcement)).not.toContain('user');
    expect(lan.stack.output()).not.toMatch(/demo/);
    expect(lan.stack.output()).not.toContain(machine.clientSecret);
    expect(statSync(join(lan.stack.dataDir, 'local.json')).mode & 0o777).toBe(0o600);
  });

  it('listens on the network with its API alone', () => {
    const beyond = listeningAddresses(lan.stack.processIds()).filter(
      (address) => !address.startsWith('127.'),
    );

    expect(beyond.toSorted()).toEqual(
      [`0.0.0.0:${lan.stack.port}`, `0.0.0.0:${lan.httpsPort}`].toSorted(),
    );
  });
});

describe('a device without TLS', () => {
  it('sends readings with its key, one after the other on one connection', async () => {
    const agent = new HttpAgent({ keepAlive: true, maxSockets: 1 });
    const sockets = new Set<unknown>();
    const statuses: unknown[] = [];
    for (const path of ['/sensor-data', '/sensor-data/batch', '/api/sensor_data']) {
      const body = path.startsWith('/api')
        ? '{"temperature": 20.5, "id_sensor": "PLAIN-1"}'
        : path.endsWith('batch')
          ? `[${aReading('PLAIN-1')}]`
          : aReading('PLAIN-1');
      const headers = {
        'x-api-key': writingKey,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      };
      const url = new URL(path, lan.announcement.plainUrl);
      const request = requestByHttp(url, { method: 'POST', agent, headers });
      request.end(body);
      const [answer]: IncomingMessage[] = await once(request, 'response');
      sockets.add(answer?.socket);
      statuses.push(answer?.statusCode);
      if (answer) await textOf(answer);
    }
    agent.destroy();

    expect(statuses).toEqual([201, 201, 201]);
    expect(sockets.size).toBe(1);
  });

  it.each(['/', '/health/live', '/health/ready', '/api/v1/ping'])(
    'sees whether anybody is there: %s',
    async (path) => {
      const answer = await plain(path);

      expect(answer.status).toBe(200);
      expect(answer.headers.get('strict-transport-security')).toBeNull();
    },
  );

  it('is told which key is missing, as everywhere', async () => {
    const refusal = await plain('/sensor-data', { method: 'POST', body: aReading('PLAIN-1') });

    expect([refusal.status, ((await refusal.json()) as any).code]).toEqual([
      401,
      'unauthenticated',
    ]);
  });

  it('gets 403 from every other route, and the address by HTTPS', async () => {
    const { paths }: any = await (await lan.ask('/openapi.json')).json();
    const routes = Object.entries<object>(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => [method, path.replaceAll(/\{\w+\}/g, 'x')] as const),
    );
    const others = routes.filter(([method, path]) => !PLAIN_ROUTES.includes(`${method} ${path}`));
    const pages = ['/console/', '/docs', '/redoc', '/openapi.json', '/nowhere', '/oauth2/token'];
    const asked = [...others, ...pages.map((path) => ['get', path] as const)];

    const answers = await Promise.all(
      asked.map(async ([method, path]) => {
        const headers = { 'x-api-key': writingKey };
        const answer = await plain(path, { method: method.toUpperCase(), headers });
        const { code, detail }: any = await answer.json();
        return { status: answer.status, code, detail };
      }),
    );

    expect(routes.length - others.length).toBe(PLAIN_ROUTES.length);
    expect(answers.length).toBeGreaterThan(40);
    const expected = { status: 403, code: 'https-required' };
    for (const answer of answers) {
      expect(answer).toMatchObject(expected);
      expect(answer.detail).toContain(` Use ${lan.announcement.baseUrl}.`);
    }
  });

  it.each([
    ['a token', async () => ({ authorization: `Bearer ${await lan.machineToken()}` })],
    ['a password', async () => ({ authorization: basic('admin', 'secret') })],
    ['a cookie', async () => ({ cookie: '__Host-sensorflow=eyJ', 'x-api-key': writingKey })],
  ])('is refused with %s, which is not looked at', async (_what, headersOf) => {
    const headers = { 'content-type': 'application/json', ...(await headersOf()) };

    const refusal = await plain('/sensor-data', {
      method: 'POST',
      headers,
      body: aReading('PLAIN-1'),
    });

    expect(refusal.status).toBe(403);
    expect(await refusal.json()).toMatchObject({ code: 'https-required' });
  });

  it('opens no WebSocket', async () => {
    const url = `${lan.announcement.plainUrl.replace('http', 'ws')}/ws/sensor_updates`;
    const webSocket = new WebSocket(url, { headers: { 'x-api-key': writingKey } });
    webSocket.on('error', () => undefined);

    const [, answer]: IncomingMessage[] = await once(webSocket, 'unexpected-response');

    expect(answer?.statusCode).toBe(403);
    webSocket.terminate();
  });
});

describe('by HTTPS', () => {
  it('the first administrator logs in, and sets a password', async () => {
    const [, temporary = ''] = /admin \/ (\S+);/.exec(lan.stack.output()) ?? [];
    const newPassword = 'Correct-horse-battery-9';
    const authorization = basic('admin', temporary);

    const first = await lan.ask('/auth/login', { method: 'POST', headers: { authorization } });
    const second = await lan.ask('/auth/password', {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ newPassword }),
    });

    expect(await first.json()).toMatchObject({ code: 'password-change-required' });
    const [cookie = ''] = second.headers.getSetCookie();
    expect(cookie).toMatch(/^__Host-sensorflow=.*; Secure; SameSite=Strict$/);
    const headers = { cookie: cookie.split(';', 1)[0] ?? '' };
    const people = await lan.ask('/users', { headers });
    expect(people.status).toBe(200);
    expect(people.headers.get('strict-transport-security')).toBeNull();
  });

  it('the document names the address that was used, and never one of somebody else', async () => {
    const serversFor = (host: string) =>
      new Promise<unknown>((resolve, reject) => {
        const { hostname } = new URL(lan.announcement.baseUrl);
        const options = { host: hostname, port: lan.httpsPort, path: '/openapi.json' };
        const trusted = { ca: lan.authority, servername: 'localhost', headers: { host } };
        getByHttps({ ...options, ...trusted, agent: false }, (answer) => {
          textOf(answer).then((text) => resolve(JSON.parse(text).servers), reject);
        }).on('error', reject);
      });

    expect(await serversFor(`localhost:${lan.httpsPort}`)).toEqual([
      { url: `https://localhost:${lan.httpsPort}` },
    ]);
    expect(await serversFor('evil.example')).toEqual([{ url: lan.announcement.baseUrl }]);
  });

  it('the document names the token endpoint that machines can reach', async () => {
    const document = await (await lan.ask('/openapi.json')).text();

    expect(document).toContain(`${lan.announcement.baseUrl}/oauth2/token`);
    expect(document).not.toMatch(/http:\/\/127\.0\.0\.1:\d+\/oauth2\/token/);
  });

  it('the console takes nothing from other addresses', async () => {
    const page = await lan.ask('/console/');

    expect(page.headers.get('content-security-policy')).toContain("connect-src 'self' ;");
  });

  it('a file is imported by the command of its answer, and its error report is there', async () => {
    const csv = 'equipmentId,timestamp,value\nLAN-CSV,2023-02-15T06:30:00Z,1\nLAN-CSV,never,2\n';
    writeFileSync(join(lan.folder, 'readings.csv'), csv);
    const opened = await openImport('readings.csv', csv.length);
    const headers = { authorization: `Bearer ${await lan.machineToken()}` };

    expect(opened.url).toMatch(`${lan.announcement.baseUrl}/`);
    await lan.pasted(`export CURL_CA_BUNDLE=.sensorflow/tls/authority.pem; ${opened.curl}`);
    const done = await eventually(
      async () => (await (await lan.ask(opened.statusUrl, { headers })).json()) as any,
      ({ status }) => status === 'completed-with-errors',
    );
    const report = await lan.ask(done.errorReportUrl);

    expect(done.errorReportUrl).toMatch(`${lan.announcement.baseUrl}/`);
    expect(report.status).toBe(200);
    expect(report.headers.get('content-disposition')).toContain('attachment;');
    expect(report.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await report.text()).toContain('"LAN-CSV","never","2"');
  });

  it('an upload with another signature is refused by S3 itself', async () => {
    const { url } = await openImport('forged.csv', 1);

    const forged = url.replace(/X-Amz-Signature=\w+/, `X-Amz-Signature=${'0'.repeat(64)}`);

    const refusal = await lan.ask(forged, {
      method: 'PUT',
      headers: { 'content-type': 'text/csv', 'if-none-match': '*' },
      body: 'a',
    });

    expect(refusal.status).toBe(403);
    expect(await refusal.text()).toContain('<Error>');
  });

  it('nothing is reached through it but uploads, reports and tokens', async () => {
    const { bucket } = lan.announcement;
    const lines = ['Host: localhost', 'Content-Length: 0', 'Connection: close', '', ''];
    const requests = [
      `PUT /${bucket}/uploads/${UPLOAD_ID}.csv`,
      `PUT /${bucket}/uploads/../reports/${UPLOAD_ID}.csv?X-Amz-Signature=a`,
      `PUT http://169.254.169.254/latest/meta-data`,
      `PUT /other/uploads/${UPLOAD_ID}.csv?X-Amz-Signature=a`,
      `GET /${bucket}?list-type=2`,
      'POST /oauth2/%74oken/..',
      'POST /',
    ];

    const statuses = await Promise.all(
      requests.map((request) => lan.statusesOf([`${request} HTTP/1.1`, ...lines].join('\r\n'))),
    );

    expect(statuses).toEqual([[403], [404], [404], [404], [404], [404], [405]]);
  });

  it('two lengths are no way to a second request', async () => {
    const { bucket } = lan.announcement;
    const lines = [
      `PUT /${bucket}/uploads/${UPLOAD_ID}.csv HTTP/1.1`,
      'Host: localhost',
      'Content-Length: 5',
      'Transfer-Encoding: chunked',
      '',
      '0',
      '',
      'GET /health/live HTTP/1.1',
      'Host: localhost',
      '',
      '',
    ];

    expect(await lan.statusesOf(lines.join('\r\n'))).toEqual([400]);
  });

  it('what is no TLS ends its own connection, and nothing else', async () => {
    const at = `http://127.0.0.1:${lan.httpsPort}`;

    const answers = [
      await sendRaw(at, 'GET / HTTP/1.1\r\nhost: localhost\r\n\r\n'),
      await sendRaw(at, 'SSH-2.0-OpenSSH_9.2\r\n'),
    ];

    expect(answers).toEqual([[], []]);
    expect((await lan.ask('/health/live')).status).toBe(200);
  });

  it('readings are followed live, by events and by WebSocket', async () => {
    const key = await lan.keyFor(['sensorflow/read']);
    const url = new URL('/ws/sensor_updates', lan.announcement.baseUrl.replace('https', 'wss'));
    const webSocket = new WebSocket(url, { ca: lan.authority, headers: { 'x-api-key': key } });
    await once(webSocket, 'open');
    const message = once(webSocket, 'message');
    const feed = await lan.ask('/sensor-data/live?equipmentId=LAN-LIVE', {
      headers: { 'x-api-key': key },
    });
    const reader = feed.body?.getReader();

    await plain('/api/sensor_data', {
      method: 'POST',
      headers: { 'x-api-key': writingKey, 'content-type': 'application/json' },
      body: JSON.stringify({ id_sensor: 'LAN-LIVE', temperature: 71.5 }),
    });

    const [frame] = await message;
    expect(JSON.parse(String(frame))).toMatchObject({ temperature: 71.5 });
    let seen = '';
    while (!seen.includes('event: reading')) {
      const { value, done } = (await reader?.read()) ?? { done: true, value: undefined };
      if (done) break;
      seen += Buffer.from(value).toString();
    }
    expect(seen).toContain('71.5');
    webSocket.close();
    await reader?.cancel();
  });

  it('the readings of this machine are verified by its own command', async () => {
    const variables = { SENSORFLOW_DATA_DIR: lan.stack.dataDir };

    const { exitCode, printed } = await runBuilt('verify/src/main.js', [], variables);

    expect(printed).toContain(' 0 differences');
    expect(exitCode).toBe(0);
  });
});

describe('the page on a plant’s network', () => {
  const blocks = blocksOf('docs/plant-network.md').filter(
    ({ note }) => note === 'run by test/e2e/plant-network.spec.ts',
  );

  it('has commands that do what it says', async () => {
    const commands = blocks.filter(({ language }) => language === 'sh').map(({ code }) => code);

    const printed = await lan.pasted(commands.join('\n'));

    expect(printed).toContain('"kind":"machine"');
    expect(printed).toContain('HTTP/1.1 201 Created');
  });

  it.runIf(HAS_PYTHON)('has a program in Python that trusts the authority', async () => {
    const program = blocks.find(({ language }) => language === 'python');
    writeFileSync(join(lan.folder, 'send.py'), program?.code ?? '');
    const { baseUrl, authorityFile } = lan.announcement;

    const printed = await lan.pasted(
      `python3 send.py ${baseUrl} "$(cat press-7.key)" ${authorityFile}`,
    );

    expect(printed).toMatch(/^201 .*PRESS-7/);
  });
});

describe('stopping', () => {
  it('ends clients of both ports within ten seconds', async () => {
    const webSocket = new WebSocket(
      new URL('/ws/sensor_updates', lan.announcement.baseUrl.replace('https', 'wss')),
      { ca: lan.authority, headers: { 'x-api-key': await lan.keyFor(['sensorflow/read']) } },
    );
    await once(webSocket, 'open');
    const startedAt = performance.now();

    const exitCode = await lan.stack.interrupt();

    expect(exitCode).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    webSocket.terminate();
  });
});

describe('a stack that was tried on loopback before', () => {
  it('takes no password and no token of the demonstration on a network', async () => {
    const folder = temporaryFolder();
    const loopback = await LocalStack.start({ dataDir: join(folder, '.sensorflow') });
    const { user } = loopback.announcement;
    const token = await machineToken(loopback.announcement);
    await loopback.interrupt();
    const network = await LanStack.start(folder, selfSignedCertificate());

    const login = await network.ask('/auth/login', {
      method: 'POST',
      headers: { authorization: basic(user.username, user.password) },
    });
    const byToken = await network.ask('/auth/me', {
      headers: { authorization: `Bearer ${token}` },
    });
    const { baseUrl } = network.announcement;
    await network.close();
    rmSync(folder, { recursive: true });

    expect([login.status, byToken.status]).toEqual([401, 401]);
    // The certificate that was given speaks for no address.
    expect(baseUrl).toBe(`https://localhost:${network.httpsPort}`);
    expect(network.stack.output()).toMatch(/certificate +from your file, until \S+; SHA-256 /);
  });
});
