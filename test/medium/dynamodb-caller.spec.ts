import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDbCaller } from '@sensorflow/platform/aws/dynamodb-caller.js';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { setTimeout as delay } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readAuthorization } from '../../apps/local/src/aws-signature/authorization.js';
import { canonicalRequest } from '../../apps/local/src/aws-signature/canonical-request.js';
import { readSignedRequest } from '../../apps/local/src/aws-signature/signed-request.js';
import { sha256Hex, sign, signingKey } from '../../apps/local/src/aws-signature/signing-key.js';
import { selfSignedCertificate } from '../support/self-signed-certificate.js';

type Answer = (response: ServerResponse) => void;
type ClientConfig = NonNullable<ConstructorParameters<typeof DynamoDBClient>[0]>;

const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
const REGION = 'eu-central-1';
const BODY = '{"TableName":"readings","Item":{"equipmentId":{"S":"ü 😀"}}}';

/** Listens and never accepts: once its backlog is full, no connection is made. */
const DEAF_SERVER = `
  const server = require('node:net').createServer();
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    require('node:fs').writeSync(1, String(server.address().port));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;

let server: Server;
let answer: Answer;
let received: { readonly message: IncomingMessage; readonly body: string }[];
let sockets: Socket[];
let clients: DynamoDBClient[];

async function receive(message: IncomingMessage, response: ServerResponse): Promise<void> {
  received.push({ message, body: await text(message) });
  answer(response);
}

const listener: RequestListener = (message, response) => void receive(message, response);

beforeEach(async () => {
  received = [];
  clients = [];
  answer = json(200, {});
  server = await listen(createServer(listener));
});

afterEach(async () => {
  for (const client of clients) client.destroy();
  await close(server);
});

async function listen(started: Server): Promise<Server> {
  sockets = [];
  started.on('connection', (socket: Socket) => sockets.push(socket));
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  return started;
}

async function close(running: Server): Promise<void> {
  const closed = new Promise((resolve) => running.close(resolve));
  running.closeAllConnections();
  await closed;
}

function portOf(running: Server): number {
  const address = running.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}

function clientFor(config: ClientConfig = {}): DynamoDBClient {
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${portOf(server)}`,
    region: REGION,
    credentials: CREDENTIALS,
    maxAttempts: 1,
    ...config,
  });
  clients.push(client);
  return client;
}

function callerFor(config: ClientConfig = {}): DynamoDbCaller {
  return new DynamoDbCaller(clientFor(config), 'readings');
}

/** Lets a client find its endpoint, notes that, and sends to the test's server instead. */
function notingHosts(client: DynamoDBClient): string[] {
  const hosts: string[] = [];
  const { endpointProvider } = client.config;
  client.config.endpointProvider = (...given) => {
    const endpoint = endpointProvider(...given);
    hosts.push(endpoint.url.host);
    return { ...endpoint, url: new URL(`http://127.0.0.1:${portOf(server)}`) };
  };
  return hosts;
}

function json(status: number, body: object, headers: Record<string, string> = {}): Answer {
  return (response) => response.writeHead(status, headers).end(JSON.stringify(body));
}

/** Made from the bytes on the wire by the embedded stack's own implementation. */
function expectedSignature(message: IncomingMessage, body: string, secret: string): string {
  const request = readSignedRequest(message);
  const { amzDate, scope, signedHeaders } = readAuthorization(request);
  const canonical = canonicalRequest(request, signedHeaders, sha256Hex(body), 'dynamodb');
  const lines = ['AWS4-HMAC-SHA256', amzDate, scope, sha256Hex(canonical)];
  return sign(signingKey(secret, scope), lines);
}

describe('a call', () => {
  it('carries a signature that another implementation agrees with', async () => {
    await callerFor().call('PutItem', BODY);

    const [call] = received;
    if (!call) throw new Error('nothing arrived');
    const authorization = readAuthorization(readSignedRequest(call.message));
    expect(call.body).toBe(BODY);
    expect(call.message.headers['x-amz-target']).toBe('DynamoDB_20120810.PutItem');
    expect(authorization.signature).toBe(expectedSignature(call.message, BODY, 'secret'));
    expect(authorization).toMatchObject({ region: REGION, service: 'dynamodb' });
    expect(authorization.signedHeaders).toEqual(
      expect.arrayContaining(['host', 'x-amz-content-sha256', 'x-amz-date', 'x-amz-target']),
    );
  });

  it('goes where the SDK would send it, with the headers that DynamoDB reads', async () => {
    const client = clientFor({ endpoint: `http://127.0.0.1:${portOf(server)}/base` });
    const item = { TableName: 'readings', Item: { equipmentId: { S: 'EQ-1' } } };

    await new DynamoDbCaller(client, 'readings').call('PutItem', JSON.stringify(item));
    await client.send(new PutItemCommand(item));

    const [ours, theirs] = received;
    expect(ours?.message.url).toBe('/base/');
    expect(ours?.message.url).toBe(theirs?.message.url);
    expect(ours?.body).toBe(theirs?.body);
    for (const name of ['host', 'content-type', 'content-length', 'x-amz-target', 'connection']) {
      expect(ours?.message.headers[name], name).toBe(theirs?.message.headers[name]);
    }
  });

  it.each<[string, ClientConfig, string]>([
    ['of its Region', {}, 'dynamodb.eu-central-1.amazonaws.com'],
    ['for FIPS', { useFipsEndpoint: true }, 'dynamodb-fips.eu-central-1.amazonaws.com'],
    ['for both stacks', { useDualstackEndpoint: true }, 'dynamodb.eu-central-1.api.aws'],
    [
      'of an account',
      { credentials: { ...CREDENTIALS, accountId: '123456789012' } },
      '123456789012.ddb.eu-central-1.amazonaws.com',
    ],
  ])('goes to the endpoint %s, as with the SDK', async (_, config, host) => {
    const client = new DynamoDBClient({ region: REGION, credentials: CREDENTIALS, ...config });
    const hosts = notingHosts(client);

    await new DynamoDbCaller(client, 'readings').call('PutItem', BODY);
    await client.send(new PutItemCommand({ TableName: 'readings', Item: {} }));

    expect(hosts).toEqual([host, host]);
  });

  it('goes to the endpoint that a variable names', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', `http://127.0.0.1:${portOf(server)}/named/`);
    const client = new DynamoDBClient({ region: REGION, credentials: CREDENTIALS });

    await new DynamoDbCaller(client, 'readings').call('PutItem', BODY);

    expect(received[0]?.message.url).toBe('/named/');
    vi.unstubAllEnvs();
  });

  it('keeps its connection for the next one but one', async () => {
    const caller = callerFor();

    for (let calls = 0; calls < 20; calls += 1) await caller.call('PutItem', BODY);

    // Undici lets a connection rest for a turn of the event loop, in which it would see that it was closed.
    expect(sockets).toHaveLength(2);
  });

  it('to a host that takes no connections is given up after half a second', async () => {
    const deaf = spawn(process.execPath, ['-e', DEAF_SERVER], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(deaf.stdout, 'data');
    const port = Number(String(line));
    const waiting = Array.from({ length: 4 }, () =>
      connect(port, '127.0.0.1').on('error', () => undefined),
    );
    await delay(200);
    const started = performance.now();

    const call = callerFor({ endpoint: `http://127.0.0.1:${port}` }).call('PutItem', BODY);

    await expect(call).rejects.toThrow('no connection in time');
    expect(performance.now() - started).toBeLessThan(900);
    for (const socket of waiting) socket.destroy();
    deaf.kill('SIGKILL');
  });

  it('over TLS is made only to a server that somebody vouches for', async () => {
    const { key, cert } = selfSignedCertificate();
    const secured = await listen(createTlsServer({ key, cert }, listener));
    const endpoint = `https://localhost:${portOf(secured)}`;
    const authorities = getCACertificates();

    const refused = callerFor({ endpoint }).call('PutItem', BODY);
    await expect(refused).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    setDefaultCACertificates([...authorities, cert]);
    const confirmed = await callerFor({ endpoint }).call('PutItem', BODY);

    setDefaultCACertificates(authorities);
    expect(confirmed).toEqual({});
    expect(received).toHaveLength(1);
    await close(secured);
  });
});

describe('credentials', () => {
  it('are asked for anew when they expire, and a session token is signed', async () => {
    let issued = 0;
    const caller = callerFor({
      credentials: () => {
        issued += 1;
        return Promise.resolve({
          accessKeyId: `AKID${issued}`,
          secretAccessKey: `secret${issued}`,
          sessionToken: `token${issued}`,
          // The SDK fetches new ones five minutes before these are over.
          expiration: new Date(Date.now() + (issued === 1 ? 300_500 : 3_600_000)),
        });
      },
    });

    await caller.call('PutItem', BODY);
    await delay(600);
    await caller.call('PutItem', BODY);
    await caller.call('PutItem', BODY);

    const signedBy = received.map(({ message, body }, index) => {
      const { accessKeyId, signature, signedHeaders } = readAuthorization(
        readSignedRequest(message),
      );
      const secret = `secret${Math.min(2, index + 1)}`;
      expect(signature).toBe(expectedSignature(message, body, secret));
      expect(signedHeaders).toContain('x-amz-security-token');
      return `${accessKeyId} ${String(message.headers['x-amz-security-token'])}`;
    });
    expect(signedBy).toEqual(['AKID1 token1', 'AKID2 token2', 'AKID2 token2']);
  });

  it('of another account have another endpoint', async () => {
    const accounts = ['111111111111', '222222222222'];
    let account = accounts[0];
    const credentials = () =>
      Promise.resolve({
        ...CREDENTIALS,
        ...(account && { accountId: account }),
        expiration: new Date(),
      });
    const client = new DynamoDBClient({ region: REGION, credentials });
    const hosts = notingHosts(client);
    const caller = new DynamoDbCaller(client, 'readings');

    for (account of accounts) await caller.call('PutItem', BODY);

    expect(hosts).toEqual(accounts.map((id) => `${id}.ddb.eu-central-1.amazonaws.com`));
  });

  it('that are missing are an error of their provider, and nothing is sent', async () => {
    const missing = Object.assign(new Error('none'), { name: 'CredentialsProviderError' });
    const caller = callerFor({ credentials: () => Promise.reject(missing) });

    await expect(caller.call('PutItem', BODY)).rejects.toBe(missing);
    expect(received).toEqual([]);
  });
});

describe('how far this clock is from DynamoDB’s', () => {
  it.each([
    [-5_000, 3_900, 5_100],
    [5_000, 3_900, 5_100],
    [-700, 0, 700],
    [0, 0, 0],
    [700, 0, 700],
  ])(
    'is known from its answers, as far as whole seconds tell: %d ms',
    async (offsetMs, least, most) => {
      const caller = callerFor();
      answer = json(200, {}, { date: new Date(Date.now() + offsetMs).toUTCString() });

      await caller.call('PutItem', BODY);

      expect(caller.clockSkew?.atLeastMs).toBeGreaterThanOrEqual(least);
      expect(caller.clockSkew?.atLeastMs).toBeLessThanOrEqual(most);
    },
  );

  it('is not known without an answer', () => {
    expect(callerFor().clockSkew).toBeUndefined();
  });
});

describe('a clock that is an hour wrong', () => {
  const skewed = {
    __type: 'com.amazon.coral.service#InvalidSignatureException',
    message: 'expired',
  };
  const HOUR_MS = 3_600_000;

  function atServerTime(offsetMs: number, status: number, body: object): Answer {
    return json(status, body, { date: new Date(Date.now() + offsetMs).toUTCString() });
  }

  function signedAgoMs(index: number): number {
    const call = received[index];
    if (!call) throw new Error('nothing arrived');
    return Date.now() - readAuthorization(readSignedRequest(call.message)).signedAtEpochMs;
  }

  it('fails one call, and the next is signed by the time of DynamoDB', async () => {
    const caller = callerFor();
    answer = atServerTime(-HOUR_MS, 400, skewed);
    await expect(caller.call('PutItem', BODY)).rejects.toMatchObject({
      name: 'InvalidSignatureException',
    });

    answer = json(200, {});
    await caller.call('PutItem', BODY);

    expect(Math.abs(signedAgoMs(0))).toBeLessThan(5_000);
    expect(Math.abs(signedAgoMs(1) - HOUR_MS)).toBeLessThan(5_000);
  });

  it('is believed again once it is right', async () => {
    const caller = callerFor();
    for (const offsetMs of [-HOUR_MS, 0]) {
      answer = atServerTime(offsetMs, 400, skewed);
      await expect(caller.call('PutItem', BODY)).rejects.toThrow('expired');
    }

    answer = json(200, {});
    await caller.call('PutItem', BODY);

    expect(Math.abs(signedAgoMs(2))).toBeLessThan(5_000);
  });
});

describe('an answer', () => {
  it('may come in pieces that cut a letter in two', async () => {
    const whole = Buffer.from('{"UnprocessedItems":{"ü":[]}}');
    answer = (response) => {
      response.writeHead(200);
      for (let i = 0; i < whole.length; i += 1) response.write(whole.subarray(i, i + 1));
      response.end();
    };

    expect(await callerFor().call('BatchWriteItem', BODY)).toEqual({ UnprocessedItems: { ü: [] } });
  });

  it('counts only with the checksum that it states', async () => {
    answer = json(200, { ok: 'ü' }, { 'x-amz-crc32': String(crc32('{"ok":"ü"}')) });
    expect(await callerFor().call('PutItem', BODY)).toEqual({ ok: 'ü' });

    answer = json(200, { ok: 'u' }, { 'x-amz-crc32': String(crc32('{"ok":"ü"}')) });
    await expect(callerFor().call('PutItem', BODY)).rejects.toThrow('not what was sent');
  });

  it.each([
    [
      'by its type',
      400,
      '{"__type":"com.amazonaws.dynamodb.v20120810#ValidationException","message":"no"}',
      'ValidationException',
    ],
    [
      'by a type without a namespace',
      500,
      '{"__type":"InternalServerError"}',
      'InternalServerError',
    ],
    ['by nothing', 413, '{"error":"too large"}', 'UnknownError'],
    ['by a type that is no text', 400, '{"__type":7}', 'UnknownError'],
    ['by nothing, being a list', 400, '[]', 'UnknownError'],
  ])('that refuses is known %s', async (_, status, body, name) => {
    answer = (response) => response.writeHead(status).end(body);

    await expect(callerFor().call('PutItem', BODY)).rejects.toMatchObject({
      name,
      $metadata: { httpStatusCode: status },
    });
  });

  it.each([
    ['that is no JSON', (response: ServerResponse) => response.end('<html>')],
    ['that is empty', (response: ServerResponse) => response.end()],
    [
      'that ends before its length',
      (response: ServerResponse) => {
        response.writeHead(200, { 'content-length': '10' });
        response.write('{}', () => response.destroy());
      },
    ],
    [
      'in pieces that ends before the last',
      (response: ServerResponse) => {
        response.write('{}', () => response.destroy());
      },
    ],
    ['that is a redirection', (response: ServerResponse) => response.writeHead(307).end('{}')],
  ] as const)('%s is an error', async (_, broken) => {
    answer = broken;

    await expect(callerFor().call('PutItem', BODY)).rejects.toBeInstanceOf(Error);
  });

  it('without an end is given up, and its connection closed', async () => {
    answer = (response) => {
      const timer = setInterval(() => response.write(' '.repeat(500_000)), 10);
      response.on('close', () => clearInterval(timer));
    };

    await expect(callerFor().call('PutItem', BODY)).rejects.toThrow('too large');

    await expect.poll(() => sockets[0]?.destroyed).toBe(true);
  });

  it.each([
    ['that drips', true],
    ['that stops after its headers', false],
  ])('%s is given up after a second', async (_, drips) => {
    answer = (response) => {
      response.writeHead(200);
      response.flushHeaders();
      const timer = setInterval(() => drips && response.write(' '), 50);
      response.on('close', () => clearInterval(timer));
    };
    const started = performance.now();

    await expect(callerFor().call('PutItem', BODY)).rejects.toThrow('no answer in time');

    const tookMs = performance.now() - started;
    expect(tookMs).toBeGreaterThan(900);
    expect(tookMs).toBeLessThan(1_500);
    await expect.poll(() => sockets[0]?.destroyed).toBe(true);
  });

  it('is taken when it came in time, however busy the process was then', async () => {
    answer = (response) => {
      response.end('{}', () => sleepSync(1_200));
    };

    const confirmed = await callerFor().call('PutItem', BODY);

    expect(confirmed).toEqual({});
  });
});

/** Holds up the whole process. */
function sleepSync(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
