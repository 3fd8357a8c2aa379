import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { request as send } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signedHeaders, stackCredentials, type AwsCall } from '../../support/aws-signer.js';
import { listeningAddresses } from '../../support/listening-ports.js';
import { LocalStack, temporaryFolder } from '../../support/local-stack.js';

/** An attacker's guess: the right key id, and a secret of its own. */
const FOREIGN_SECRET = 'foreign-secret';

let stack: LocalStack;

beforeAll(async () => {
  stack = await LocalStack.start();
});
afterAll(async () => stack.stopAndForget());

interface Port {
  readonly name: 'dynamodb' | 'streams' | 'sqs' | 'sns' | 's3' | 'cognito';
  readonly url: () => string;
  readonly service: string;
  readonly method?: string;
  readonly target: string;
  readonly body: () => string;
  readonly contentType?: string;
}

/** Every port but the API's, each with a call that only the installation's secret may make. */
const PORTS: readonly Port[] = [
  {
    name: 'dynamodb',
    url: () => stack.announcement.endpoints.dynamodb,
    service: 'dynamodb',
    target: 'DynamoDB_20120810.Scan',
    body: () => JSON.stringify({ TableName: stack.announcement.tables.readings }),
  },
  {
    name: 'streams',
    url: () => stack.announcement.endpoints.dynamodbStreams,
    service: 'dynamodb',
    target: 'DynamoDBStreams_20120810.ListStreams',
    body: () => '{}',
  },
  {
    name: 'sqs',
    url: () => stack.announcement.endpoints.sqs,
    service: 'sqs',
    target: 'AmazonSQS.GetQueueAttributes',
    body: () =>
      JSON.stringify({ QueueUrl: `${stack.announcement.endpoints.sqs}/000000000000/uploads` }),
  },
  {
    name: 'sns',
    url: () => stack.announcement.endpoints.sns,
    service: 'sns',
    target: 'unused',
    body: () =>
      new URLSearchParams({
        Action: 'ListSubscriptionsByTopic',
        Version: '2010-03-31',
        TopicArn: stack.announcement.liveTopicArn,
      }).toString(),
    contentType: 'application/x-www-form-urlencoded',
  },
  {
    name: 's3',
    url: () => stack.announcement.endpoints.s3,
    service: 's3',
    method: 'GET',
    target: 'ListBuckets',
    body: () => '',
  },
  {
    name: 'cognito',
    url: () => stack.announcement.endpoints.cognitoIdp,
    service: 'cognito-idp',
    target: 'AWSCognitoIdentityProviderService.DescribeUserPool',
    body: () => JSON.stringify({ UserPoolId: stack.announcement.issuer.split('/').at(-1) }),
    contentType: 'application/x-amz-json-1.1',
  },
];

function callOf(port: Port): AwsCall {
  return {
    url: port.url(),
    service: port.service,
    method: port.method ?? 'POST',
    target: port.target,
    body: port.body(),
    credentials: stackCredentials(stack.dataDir),
    ...(port.contentType !== undefined && { contentType: port.contentType }),
  };
}

async function answerTo(
  { url, method = 'POST', body }: Pick<AwsCall, 'url' | 'method' | 'body'>,
  headers: Readonly<Record<string, string>>,
) {
  const request = send(url, { method, headers });
  const answered = new Promise<{ status: number; headers: object; body: string }>(
    (resolve, reject) => {
      request.once('error', reject).once('response', (response) => {
        const { statusCode: status = 0, headers: sent } = response;
        text(response).then((shown) => resolve({ status, headers: sent, body: shown }), reject);
      });
    },
  );
  request.end(body);
  const answer = await answered;
  const cors = Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'));
  return { ...answer, cors };
}

// The listing that stands for S3 has no body.
describe.each(PORTS.filter(({ name }) => name !== 's3'))('the port of $name', (port) => {
  it('refuses a body that is not the one that was signed', async () => {
    const call = callOf(port);

    const answer = await answerTo({ ...call, body: `${call.body} ` }, signedHeaders(call));

    expect([400, 403]).toContain(answer.status);
    expect(answer.body).toContain('Signature');
  });
});

describe.each(PORTS)('the port of $name', (port) => {
  it('obeys the secret of this installation', async () => {
    const call = callOf(port);

    const { status, body } = await answerTo(call, signedHeaders(call));

    expect([status, body]).toEqual([200, expect.not.stringContaining('__type')]);
  });

  it.each<[string, (call: AwsCall) => Record<string, string>]>([
    ['without a signature', (call) => without('authorization', signedHeaders(call))],
    ['by another secret', (call) => signedHeaders({ ...call, credentials: foreign(call) })],
    [
      'by an unknown key',
      (call) =>
        signedHeaders({
          ...call,
          credentials: { ...call.credentials, accessKeyId: 'local' },
        }),
    ],
    ['for another region', (call) => signedHeaders({ ...call, region: 'eu-central-1' })],
    ['for another service', (call) => signedHeaders({ ...call, service: 'sts' })],
    [
      'twenty minutes ago',
      (call) => signedHeaders({ ...call, date: new Date(Date.now() - 20 * 60_000) }),
    ],
    [
      'for another host',
      (call) => ({
        ...signedHeaders({ ...call, host: 'localhost:1' }),
        host: new URL(call.url).host,
      }),
    ],
  ])('refuses what was signed %s', async (_how, sign) => {
    const call = callOf(port);

    const answer = await answerTo(call, sign(call));

    expect([400, 403]).toContain(answer.status);
    expect(answer.body).not.toContain(stack.announcement.tables.readings);
    expect(answer.cors).toEqual([]);
  });

  it.each(['attacker.example', 'attacker.example:80', '127.0.0.1.attacker.example', '0.0.0.0'])(
    'refuses the host %j, as after DNS rebinding, though it be signed',
    async (host) => {
      const call = { ...callOf(port), host };

      const answer = await answerTo(call, signedHeaders(call));

      expect(answer.status).toBe(403);
      expect(answer.body).toContain('not a loopback host');
      expect(answer.cors).toEqual([]);
    },
  );

  it('gives no page of another origin leave to call, nor to read', async () => {
    const call = callOf(port);
    const page = { origin: 'http://attacker.example', 'sec-fetch-site': 'cross-site' };
    const asked = {
      ...page,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type,x-amz-target,x-amz-date',
    };

    const { url } = call;
    const preflight = await answerTo({ url, method: 'OPTIONS', body: '' }, asked);
    const plain = { ...page, 'content-type': 'text/plain' };
    const simple = await answerTo({ ...call, method: 'POST' }, plain);
    const form = { ...page, 'content-type': 'application/x-www-form-urlencoded' };
    const posted = await answerTo({ url, body: 'grant_type=client_credentials' }, form);
    const image = await answerTo(
      { url, method: 'GET', body: '' },
      { 'sec-fetch-site': 'cross-site' },
    );

    for (const answer of [preflight, simple, posted, image]) {
      expect([400, 403]).toContain(answer.status);
      expect(answer.cors).toEqual([]);
    }
  });
});

describe('what every user of the machine can reach', () => {
  it('is the API and these ports, and nothing else', async () => {
    const named = [stack.announcement.baseUrl, ...PORTS.map(({ url }) => url())];
    const known = new Set(named.map((url) => `127.0.0.1:${new URL(url).port}`));

    const unknown = listeningAddresses(stack.processIds()).filter((each) => !known.has(each));

    // Where the machine has no namespaces, dynoxide's port is here too, at an unguessable address.
    expect(unknown.filter((each) => each.startsWith('127.0.0.1:'))).toEqual([]);
    expect(unknown).toHaveLength(hasNamespaces() ? 0 : 1);
  });

  it('holds no secret in a command line', () => {
    const secrets = [
      stackCredentials(stack.dataDir).secretAccessKey,
      stack.announcement.user.password,
      stack.announcement.machine.clientSecret,
    ];

    const lines = stack.processIds().map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8'));

    expect(lines.length).toBeGreaterThan(3);
    for (const secret of secrets) expect(lines.join('\n')).not.toContain(secret);
  });

  it('is no file: folder, databases with their logs, and all others are their owner’s alone', async () => {
    const { endpoints } = stack.announcement;
    const client = new DynamoDBClient({
      endpoint: endpoints.dynamodb,
      region: 'local',
      credentials: stackCredentials(stack.dataDir),
    });
    await client.send(new ListTablesCommand({}));
    client.destroy();

    const files = readdirSync(stack.dataDir, { recursive: true, encoding: 'utf8' });
    const open = ['', ...files].filter(
      (file) => (statSync(join(stack.dataDir, file)).mode & 0o077) !== 0,
    );

    expect(files).toEqual(expect.arrayContaining(['dynamodb.db', 'dynamodb.db-wal', 's3.db-wal']));
    expect(open).toEqual([]);
  });
});

describe('on a machine without namespaces', () => {
  it('the stack says so, and dynoxide is at an address that no page can guess', async () => {
    const path = temporaryFolder();
    symlinkSync('/bin/sh', join(path, 'sh'));
    const bare = await LocalStack.start({ variables: { PATH: path } });
    const addresses = listeningAddresses(bare.processIds());
    const printed = bare.output();
    await bare.stopAndForget();
    rmSync(path, { recursive: true });

    expect(printed).toContain('WARNING        other users of this machine can reach the database');
    expect(addresses.filter((each) => !each.startsWith('127.0.0.1:'))).toEqual([
      expect.stringMatching(/^127\.\d+\.\d+\.\d+:\d+$/),
    ]);
  });
});

function foreign({ credentials }: AwsCall) {
  return { ...credentials, secretAccessKey: FOREIGN_SECRET };
}

function without(name: string, headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([each]) => each !== name));
}

function hasNamespaces(): boolean {
  const { status } = spawnSync('unshare', [
    '--user',
    '--map-root-user',
    '--net',
    'ip',
    'link',
    'set',
    'lo',
    'up',
  ]);
  return status === 0;
}
