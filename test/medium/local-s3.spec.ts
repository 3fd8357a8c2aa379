import { createHash, createHmac } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import {
  DeleteObjectCommand,
  DeleteObjectTaggingCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectAclCommand,
  PutObjectCommand,
  S3Client,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { Clock } from '@sensorflow/kernel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startS3Server } from '../../apps/local/src/s3/s3-server.js';
import type { RunningServer } from '../../apps/local/src/http/loopback-server.js';
import { MessageQueue } from '../../apps/local/src/sqs/message-queue.js';
import { openUploadsDatabase } from '../../apps/local/src/sqs/uploads-database.js';

const BUCKET = 'sensorflow-uploads';
const REGION = 'eu-central-1';
const ORIGIN = 'http://localhost:3000';
const CREDENTIALS = { accessKeyId: 'local-key', secretAccessKey: 'local-secret' };

/** The system's time, moved by as much as a test wants. */
class MovableClock extends Clock {
  aheadMs = 0;

  nowEpochMs(): number {
    return Date.now() + this.aheadMs;
  }

  override async sleep(): Promise<void> {
    throw new Error('Nothing sleeps on this clock.');
  }
}

let dataDir: string;
let clock: MovableClock;
let queue: MessageQueue;
let server: RunningServer;
let client: S3Client;
let faults: unknown[];

async function start(): Promise<void> {
  queue = new MessageQueue(openUploadsDatabase(dataDir), clock);
  queue.releaseAll();
  server = await startS3Server({
    dataDir,
    port: 0,
    region: REGION,
    credentials: CREDENTIALS,
    buckets: [{ name: BUCKET, corsOrigins: [ORIGIN], notifyPrefix: 'uploads/' }],
    queue,
    clock,
    onFault: (error) => faults.push(error),
  });
  client = aClient();
}

async function stop(): Promise<void> {
  client.destroy();
  await server.close();
  queue.database.close();
}

function aClient(overrides: { accessKeyId?: string; secretAccessKey?: string } = {}): S3Client {
  return new S3Client({
    endpoint: server.url,
    region: REGION,
    forcePathStyle: true,
    credentials: { ...CREDENTIALS, ...overrides },
    requestChecksumCalculation: 'WHEN_SUPPORTED',
    maxAttempts: 1,
  });
}

/** As SensorFlow's API presigns uploads: no checksum of an empty body, and all of the headers bound. */
async function presignPut(
  input: Partial<PutObjectCommandInput> & { Key: string },
  expiresIn = 900,
): Promise<string> {
  const presigning = new S3Client({
    endpoint: server.url,
    region: REGION,
    forcePathStyle: true,
    credentials: CREDENTIALS,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  const command = new PutObjectCommand({
    Bucket: BUCKET,
    ContentType: 'text/csv',
    IfNoneMatch: '*',
    ...input,
  });
  return getSignedUrl(presigning, command, {
    expiresIn,
    signableHeaders: new Set(['host', 'content-type', 'content-length', 'if-none-match']),
    unhoistableHeaders: new Set(['if-none-match']),
  });
}

const UPLOAD_HEADERS = { 'content-type': 'text/csv', 'if-none-match': '*' };

async function upload(url: string, body: string, headers: Record<string, string> = UPLOAD_HEADERS) {
  const response = await fetch(url, { method: 'PUT', body, headers });
  return { status: response.status, code: errorCode(await response.text()) };
}

async function put(key: string, body: string | Buffer, more: Partial<PutObjectCommandInput> = {}) {
  return client.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: body, ...more }));
}

async function get(key: string, more: object = {}) {
  const answer = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: key, ...more }));
  return { ...answer, text: (await answer.Body?.transformToString()) ?? '' };
}

async function keys(): Promise<readonly (string | undefined)[]> {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: BUCKET }));
  return Contents.map(({ Key }) => Key);
}

async function files(): Promise<readonly string[]> {
  return readdir(join(dataDir, 's3', BUCKET));
}

/** Status and S3 code of a refusal by the SDK's own account of it. */
async function refusal(answer: Promise<unknown>) {
  return answer.then(
    () => 'accepted',
    (error: { name: string; $metadata?: { httpStatusCode?: number } }) =>
      `${error.$metadata?.httpStatusCode} ${error.name}`,
  );
}

function errorCode(document: string): string | undefined {
  return /<Code>(\w+)<\/Code>/.exec(document)?.[1];
}

function withQuery(url: string, name: string, value: string): string {
  const changed = new URL(url);
  changed.searchParams.set(name, value);
  return changed.toString();
}

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sensorflow-s3-'));
  clock = new MovableClock();
  faults = [];
  await start();
});

afterEach(async () => {
  await stop();
  await rm(dataDir, { recursive: true, force: true });
});

describe('objects through the SDK', () => {
  it('come back as they were put, with all that was said about them', async () => {
    await put('reports/a.csv', 'one,two\n', {
      ContentType: 'text/csv',
      ContentDisposition: 'attachment; filename="a.csv"',
      CacheControl: 'no-store',
      Metadata: { job: '42' },
    });

    const object = await get('reports/a.csv', { ChecksumMode: 'ENABLED' });

    expect(object).toMatchObject({
      text: 'one,two\n',
      ContentType: 'text/csv',
      ContentDisposition: 'attachment; filename="a.csv"',
      CacheControl: 'no-store',
      ContentLength: 8,
      ETag: `"${createHash('md5').update('one,two\n').digest('hex')}"`,
      Metadata: { job: '42' },
      ChecksumCRC32: expect.stringMatching(/^.{6}==$/),
    });
    expect(Math.abs(Date.now() - (object.LastModified?.getTime() ?? 0))).toBeLessThan(10_000);
  });

  it('may be empty', async () => {
    await put('empty', '');

    expect(await get('empty')).toMatchObject({ text: '', ContentLength: 0 });
  });

  it.each([
    'uploads/Übergröße 1+1=2 & <more>.csv',
    'a/../../../etc/passwd',
    '//double//slash/',
    "it's (a) key!*~$@:,;=?#[]%25",
    'emoji-🌡️',
  ])('have any key: %s', async (key) => {
    await put(key, key);

    const { text } = await get(key);
    const listed = await keys();

    expect(text).toBe(key);
    expect(listed).toEqual([key]);
    expect(await files()).toHaveLength(1);
  });

  it('are replaced as a whole, and the replaced file is removed', async () => {
    await put('a', 'first', { Metadata: { only: 'first' } });
    await put('a', 'second');

    expect(await get('a')).toMatchObject({ text: 'second', Metadata: {} });
    expect(await files()).toHaveLength(1);
  });

  it('stream in and out: the SDK frames them as aws-chunked with a CRC32 trailer', async () => {
    const content = Buffer.alloc(300_000, 'sensor readings\n');
    const body = Readable.from([content.subarray(0, 100_000), content.subarray(100_000)]);

    await client.send(
      new PutObjectCommand({
        Bucket: BUCKET,
        Key: 'streamed',
        Body: body,
        ContentLength: content.length,
        ContentEncoding: 'gzip',
      }),
    );

    const object = await get('streamed', { ChecksumMode: 'ENABLED' });
    expect(object.text === content.toString()).toBe(true);
    expect(object.ContentEncoding).toBe('gzip');
    expect(object.ChecksumCRC32).toBeDefined();
  });

  it('are deleted, twice without error, with their file', async () => {
    await put('a', 'text');

    await client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'a' }));
    await client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'a' }));

    expect(await refusal(get('a'))).toBe('404 NoSuchKey');
    expect(await files()).toEqual([]);
  });

  it('show their head without their body, or that there is none', async () => {
    await put('a', 'text');

    const head = await client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'a' }));

    expect(head).toMatchObject({ ContentLength: 4 });
    expect(await refusal(client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'b' })))).toBe(
      '404 NotFound',
    );
  });

  it('are in a bucket that exists, or in none', async () => {
    const elsewhere = { Bucket: 'elsewhere', Key: 'a' };

    expect(await refusal(client.send(new HeadBucketCommand({ Bucket: BUCKET })))).toBe('accepted');
    expect(await refusal(client.send(new GetObjectCommand(elsewhere)))).toBe('404 NoSuchBucket');
    expect(await refusal(client.send(new PutObjectCommand({ ...elsewhere, Body: 'x' })))).toBe(
      '404 NoSuchBucket',
    );
    expect(await refusal(client.send(new HeadBucketCommand({ Bucket: 'elsewhere' })))).toBe(
      '404 NotFound',
    );
  });

  it('are in buckets that can be listed, by who signs', async () => {
    const before = Date.now();

    const { Buckets = [], Owner } = await client.send(new ListBucketsCommand({}));
    const paged = client.send(new ListBucketsCommand({ MaxBuckets: 1 }));
    const foreign = aClient({ secretAccessKey: 'another' }).send(new ListBucketsCommand({}));

    expect(Buckets.map(({ Name }) => Name)).toEqual([BUCKET]);
    expect(Math.abs((Buckets[0]?.CreationDate?.getTime() ?? 0) - before)).toBeLessThan(60_000);
    expect(Owner?.ID).toBe('local');
    await expect(paged).rejects.toMatchObject({ name: 'NotImplemented' });
    await expect(foreign).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
  });

  it('are read in ranges', async () => {
    await put('a', '0123456789');

    expect(await get('a', { Range: 'bytes=2-4', ChecksumMode: 'ENABLED' })).toMatchObject({
      text: '234',
      ContentRange: 'bytes 2-4/10',
      $metadata: { httpStatusCode: 206 },
    });
    expect(await get('a', { Range: 'bytes=-1' })).toMatchObject({ text: '9' });
    expect(await refusal(get('a', { Range: 'bytes=10-' }))).toBe('416 InvalidRange');
  });

  it('are read on conditions', async () => {
    const { ETag } = await put('a', 'text');

    expect(await get('a', { IfMatch: ETag })).toMatchObject({ text: 'text' });
    expect(await refusal(get('a', { IfMatch: '"other"' }))).toBe('412 PreconditionFailed');
    expect(await refusal(get('a', { IfNoneMatch: ETag }))).toMatch(/^304/);
  });

  it('are listed in order, page by page, by prefix and delimiter', async () => {
    for (const key of ['b/2', 'b/1', 'a', 'c']) await put(key, key);
    const list = async (more: object) =>
      client.send(new ListObjectsV2Command({ Bucket: BUCKET, ...more }));

    const first = await list({ MaxKeys: 3 });
    const second = await list({ MaxKeys: 3, ContinuationToken: first.NextContinuationToken });
    const folders = await list({ Delimiter: '/' });
    const prefixed = await list({ Prefix: 'b/', StartAfter: 'b/1' });

    expect(first).toMatchObject({ IsTruncated: true, KeyCount: 3 });
    expect(first.Contents?.map(({ Key, Size }) => [Key, Size])).toEqual([
      ['a', 1],
      ['b/1', 3],
      ['b/2', 3],
    ]);
    expect(second.Contents?.map(({ Key }) => Key)).toEqual(['c']);
    expect(second.IsTruncated).toBe(false);
    expect(folders.CommonPrefixes).toEqual([{ Prefix: 'b/' }]);
    expect(prefixed.Contents?.map(({ Key }) => Key)).toEqual(['b/2']);
    expect(await refusal(list({ ContinuationToken: 'invented' }))).toBe('400 InvalidArgument');
  });

  it('are shared by presigned URLs that choose how they are shown', async () => {
    await put('reports/a', 'text');
    const command = new GetObjectCommand({
      Bucket: BUCKET,
      Key: 'reports/a',
      ResponseContentDisposition: 'attachment; filename="my errors.csv"',
    });

    const url = await getSignedUrl(client, command, { expiresIn: 60 });
    const response = await fetch(url);

    expect(await response.text()).toBe('text');
    expect(response.headers.get('content-disposition')).toBe(
      'attachment; filename="my errors.csv"',
    );
    expect(
      await fetch(withQuery(url, 'response-content-disposition', 'inline')).then(
        ({ status }) => status,
      ),
    ).toBe(403);
  });

  it('cannot be given a response header with a line break', async () => {
    await put('a', 'text');
    const command = new GetObjectCommand({
      Bucket: BUCKET,
      Key: 'a',
      ResponseContentDisposition: 'inline\r\nset-cookie: a=b',
    });

    const response = await fetch(await getSignedUrl(client, command));

    expect(response.status).toBe(400);
    expect(faults).toEqual([]);
  });
});

describe('presigned uploads', () => {
  const body = 'equipmentId,timestamp,value\n';
  const size = { ContentLength: body.length };

  it('store the file once', async () => {
    const url = await presignPut({ Key: 'uploads/a.csv', ...size });

    expect(new URL(url).searchParams.get('X-Amz-SignedHeaders')).toBe(
      'content-length;content-type;host;if-none-match',
    );
    expect(await upload(url, body)).toEqual({ status: 200 });
    expect(await upload(url, body)).toEqual({ status: 412, code: 'PreconditionFailed' });
    expect(await get('uploads/a.csv')).toMatchObject({ text: body, ContentType: 'text/csv' });
    expect(queue.depth()).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
  });

  it.each([
    ['a longer body', (url: string) => upload(url, `${body}x`), 'SignatureDoesNotMatch'],
    ['a shorter body', (url: string) => upload(url, body.slice(1)), 'SignatureDoesNotMatch'],
    [
      'another content type',
      (url: string) => upload(url, body, { ...UPLOAD_HEADERS, 'content-type': 'text/html' }),
      'SignatureDoesNotMatch',
    ],
    [
      'no If-None-Match',
      (url: string) => upload(url, body, { 'content-type': 'text/csv' }),
      'SignatureDoesNotMatch',
    ],
    [
      'another key',
      (url: string) => upload(url.replace('a.csv', 'b.csv'), body),
      'SignatureDoesNotMatch',
    ],
    [
      'a tampered signature',
      (url: string) => upload(withQuery(url, 'X-Amz-Signature', 'a'.repeat(64)), body),
      'SignatureDoesNotMatch',
    ],
    [
      'a longer life',
      (url: string) => upload(withQuery(url, 'X-Amz-Expires', '901'), body),
      'SignatureDoesNotMatch',
    ],
    [
      'an unknown key id',
      (url: string) => upload(url.replace('local-key', 'other-key'), body),
      'InvalidAccessKeyId',
    ],
    [
      'a header that was not signed',
      (url: string) => upload(url, body, { ...UPLOAD_HEADERS, 'x-amz-meta-added': '1' }),
      'AccessDenied',
    ],
  ])('are refused with %s', async (_, attempt, code) => {
    const url = await presignPut({ Key: 'uploads/a.csv', ...size });

    expect(await attempt(url)).toEqual({ status: 403, code });
    expect([await keys(), await files(), queue.depth().visible]).toEqual([[], [], 0]);
  });

  it('are refused with another verb', async () => {
    const url = await presignPut({ Key: 'uploads/a.csv', ...size });
    await upload(url, body);

    const response = await fetch(url, { method: 'DELETE', headers: UPLOAD_HEADERS });

    expect(response.status).toBe(403);
    expect(await keys()).toEqual(['uploads/a.csv']);
  });

  it('are refused when they have expired, and say so', async () => {
    const url = await presignPut({ Key: 'uploads/a.csv', ...size }, 60);
    clock.aheadMs = 62_000;

    const response = await fetch(url, { method: 'PUT', body, headers: UPLOAD_HEADERS });

    expect(response.status).toBe(403);
    expect(await response.text()).toMatch(
      /<Code>AccessDenied<\/Code><Message>Request has expired<\/Message><RequestId>\w{16}</,
    );
  });

  it('are refused when the SDK baked the checksum of an empty body into the URL', async () => {
    const url = await getSignedUrl(client, new PutObjectCommand({ Bucket: BUCKET, Key: 'a' }));

    expect(url).toContain('x-amz-checksum-crc32=AAAAAA');
    expect(await upload(url, body, {})).toEqual({ status: 400, code: 'BadDigest' });
    expect(await files()).toEqual([]);
  });

  it('see the refusal even when they read nothing before all is sent', async () => {
    const large = 'x'.repeat(12 * 1024 ** 2);
    const url = new URL(await presignPut({ Key: 'uploads/a.csv', ...size }));
    const head = `PUT ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\n`;
    const headers = `Content-Type: text/csv\r\nIf-None-Match: *\r\nContent-Length: ${large.length}\r\n`;

    const answer = await raw(`${head}${headers}Connection: close\r\n\r\n${large}`);

    expect(answer).toMatch(/^HTTP\/1.1 403 [\s\S]*<Code>SignatureDoesNotMatch</);
  });

  it('that race for one key end in one object and one event', async () => {
    for (let round = 0; round < 10; round += 1) {
      const key = `uploads/${round}.csv`;
      const attempts = ['a', 'b', 'c'].map((letter) => letter.repeat(200_000));
      const url = await presignPut({ Key: key, ContentLength: 200_000 });

      const answers = await Promise.all(attempts.map(async (attempt) => upload(url, attempt)));

      expect(answers.map(({ status }) => String(status)).sort()).toEqual(['200', '412', '412']);
      const winner = attempts[answers.findIndex(({ status }) => status === 200)];
      expect((await get(key)).text === winner).toBe(true);
      expect(queue.depth().visible).toBe(round + 1);
      expect(await files()).toHaveLength(round + 1);
    }
  });
});

describe('what is not signed as it should be', () => {
  it('is refused without credentials', async () => {
    await put('a', 'text');

    for (const method of ['GET', 'PUT', 'DELETE']) {
      const response = await fetch(`${server.url}/${BUCKET}/a`, { method });
      expect([response.status, errorCode(await response.text())]).toEqual([403, 'AccessDenied']);
    }
    expect(await get('a')).toMatchObject({ text: 'text' });
  });

  it('is refused with a wrong secret or an unknown key', async () => {
    const attempt = async (other: object) => {
      const stranger = aClient(other);
      const command = new PutObjectCommand({ Bucket: BUCKET, Key: 'a', Body: 'x' });
      return refusal(stranger.send(command));
    };

    expect(await attempt({ secretAccessKey: 'guess' })).toBe('403 SignatureDoesNotMatch');
    expect(await attempt({ accessKeyId: 'guess' })).toBe('403 InvalidAccessKeyId');
    expect(await attempt({ sessionToken: 'guess' })).toBe('400 InvalidToken');
  });

  it('is refused when it was signed more than 15 minutes ago', async () => {
    clock.aheadMs = 16 * 60_000;

    expect(await refusal(put('a', 'x'))).toBe('403 RequestTimeTooSkewed');
  });

  it('is refused when the target is no path', async () => {
    const answer = await raw('GET /%ff HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n');

    expect(answer).toMatch(/^HTTP\/1.1 400 [\s\S]*<Code>InvalidURI</);
  });
});

describe('what is not implemented', () => {
  it('is refused rather than taken for something else', async () => {
    await put('a', 'text');
    const acl = new PutObjectAclCommand({ Bucket: BUCKET, Key: 'a', ACL: 'private' });

    const untag = new DeleteObjectTaggingCommand({ Bucket: BUCKET, Key: 'a' });

    expect(await refusal(client.send(acl))).toBe('501 NotImplemented');
    expect(await refusal(client.send(untag))).toBe('501 NotImplemented');
    expect(await refusal(put('b', 'x', { ServerSideEncryption: 'aws:kms' }))).toBe(
      '501 NotImplemented',
    );
    expect(await refusal(put('b', 'x', { IfMatch: '"x"' }))).toBe('501 NotImplemented');
    expect(await get('a')).toMatchObject({ text: 'text' });
    expect(await keys()).toEqual(['a']);
  });
});

describe('integrity of an upload', () => {
  it.each([
    ['another CRC32', { ChecksumCRC32: 'AAAAAA==' }, '400 BadDigest'],
    ['another CRC32C', { ChecksumCRC32C: 'AAAAAA==' }, '400 BadDigest'],
    ['another SHA-1', { ChecksumSHA1: `${'A'.repeat(27)}=` }, '400 BadDigest'],
    ['another SHA-256', { ChecksumSHA256: `${'A'.repeat(43)}=` }, '400 BadDigest'],
    ['another MD5', { ContentMD5: `${'A'.repeat(22)}==` }, '400 BadDigest'],
    ['an MD5 that is none', { ContentMD5: 'AAAA' }, '400 InvalidDigest'],
    ['a CRC32 that is none', { ChecksumCRC32: 'AAAA' }, '400 InvalidRequest'],
    ['metadata beyond 2 KB', { Metadata: { long: 'x'.repeat(2048) } }, '400 MetadataTooLarge'],
  ])('is refused with %s, and leaves nothing', async (_, more, expected) => {
    expect(await refusal(put('uploads/a', 'text', more))).toBe(expected);
    expect([await keys(), await files(), queue.depth().visible]).toEqual([[], [], 0]);
  });

  it.each(['CRC32', 'CRC32C', 'SHA1', 'SHA256'] as const)(
    'is accepted with the SDK’s own %s, in the header and as a trailer',
    async (algorithm) => {
      await put('whole', 'text', { ChecksumAlgorithm: algorithm });
      await client.send(
        new PutObjectCommand({
          Bucket: BUCKET,
          Key: 'streamed',
          Body: Readable.from([Buffer.from('text')]),
          ContentLength: 4,
          ChecksumAlgorithm: algorithm,
        }),
      );

      const [whole, streamed] = await Promise.all(
        ['whole', 'streamed'].map(async (key) => get(key, { ChecksumMode: 'ENABLED' })),
      );

      expect(whole?.[`Checksum${algorithm}`]).toMatch(/=$/);
      expect(streamed?.[`Checksum${algorithm}`]).toBe(whole?.[`Checksum${algorithm}`]);
    },
  );

  it('covers a body whose hash is signed', async () => {
    const hash = createHash('sha256').update('text').digest('hex');
    const good = signedPut('a', hash, {});

    expect(await send(good, 'text')).toMatchObject({ status: 200 });
    expect(await send(signedPut('b', hash, {}), 'tex7')).toMatchObject({
      status: 400,
      code: 'XAmzContentSHA256Mismatch',
    });
    expect(await keys()).toEqual(['a']);
  });

  it('covers a body of signed chunks and its signed trailer', async () => {
    const payload = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER';
    const headers = {
      'content-encoding': 'aws-chunked',
      'x-amz-decoded-content-length': '11',
      'x-amz-trailer': 'x-amz-checksum-crc32',
    };
    const framed = (signed: SignedPut, chunks = ['hello ', 'world']) =>
      signedChunks(signed, chunks, 'hello world');

    const good = signedPut('good', payload, headers);
    const changed = signedPut('changed', payload, headers);
    const swapped = signedPut('swapped', payload, headers);
    const untrailed = signedPut('untrailed', payload, headers);

    expect(await send(good, framed(good))).toMatchObject({ status: 200 });
    expect(await get('good')).toMatchObject({ text: 'hello world' });
    expect(await send(changed, framed(changed).replace('world', 'w0rld'))).toMatchObject({
      status: 403,
      code: 'SignatureDoesNotMatch',
    });
    expect(await send(swapped, framed(good))).toMatchObject({ status: 403 });
    expect(
      await send(untrailed, framed(untrailed).replace(/x-amz-trailer-signature.*\r\n/, '')),
    ).toMatchObject({ status: 403 });
    expect(await keys()).toEqual(['good']);
    expect(await files()).toHaveLength(1);
  });

  it('is refused with broken chunks, and the client reads why after it has sent the rest', async () => {
    const { headers } = signedPut('a', 'STREAMING-UNSIGNED-PAYLOAD-TRAILER', {
      'content-encoding': 'aws-chunked',
      'x-amz-decoded-content-length': '12000000',
      'x-amz-trailer': 'x-amz-checksum-crc32',
    });
    const body = `zz\r\n${'x'.repeat(12_000_000)}`;

    const answer = await raw(`${putHead('a', headers, body.length)}\r\n${body}`);

    expect(answer).toMatch(/^HTTP\/1.1 400 [\s\S]*<Code>InvalidRequest</);
    expect(await files()).toEqual([]);
  });

  it('is refused without a length', async () => {
    const signed = signedPut('a', 'UNSIGNED-PAYLOAD', {});

    const answer = await send(signed, Readable.from(['text']));

    expect(answer).toMatchObject({ status: 411, code: 'MissingContentLength' });
  });

  it('is refused when it is larger than S3 takes, before it is sent', async () => {
    const { headers } = signedPut('a', 'UNSIGNED-PAYLOAD', {});
    const started = performance.now();
    const head = putHead('a', headers, 6 * 1024 ** 3);
    const answer = await raw(`${head}expect: 100-continue\r\n\r\n`);

    expect(performance.now() - started).toBeLessThan(1000);
    expect(answer).toMatch(/^HTTP\/1.1 400 [\s\S]*<Code>EntityTooLarge</);
  });

  it('leaves nothing when the client hangs up in the middle', async () => {
    const url = new URL(await presignPut({ Key: 'uploads/a.csv', ContentLength: 1_000_000 }));
    const request = httpRequest(url, {
      method: 'PUT',
      headers: { ...UPLOAD_HEADERS, 'content-length': 1_000_000 },
    });
    const gone = new Promise((resolve) => {
      request.once('error', resolve);
    });
    request.write('x'.repeat(300_000));
    await expect.poll(files).toHaveLength(1);
    request.destroy();
    await gone;

    await expect.poll(files).toEqual([]);
    expect([await keys(), queue.depth().visible, faults]).toEqual([[], 0, []]);
  });

  it('leaves nothing when the body ends before its length', async () => {
    const url = new URL(await presignPut({ Key: 'uploads/a.csv', ContentLength: 100 }));
    const head = `PUT ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\n`;
    const headers = 'Content-Type: text/csv\r\nIf-None-Match: *\r\nContent-Length: 100\r\n';

    await raw(`${head}${headers}\r\nonly this`, 'end');

    await expect.poll(files).toEqual([]);
    expect([await keys(), queue.depth().visible, faults]).toEqual([[], 0, []]);
  });

  it('needs no memory for the size of an object', async () => {
    const mebibyte = Buffer.alloc(1024 ** 2, 'x');
    const size = 256 * mebibyte.length;
    const url = new URL(await presignPut({ Key: 'uploads/large.csv', ContentLength: size }));
    const sent = { value: 0, peakBytes: 0 };
    const body = Readable.from(
      (function* content() {
        for (; sent.value < 256; sent.value += 1) {
          sent.peakBytes = Math.max(sent.peakBytes, process.memoryUsage().arrayBuffers);
          yield mebibyte;
        }
      })(),
    );
    const before = process.memoryUsage().arrayBuffers;

    const signed = { url, headers: { ...UPLOAD_HEADERS, 'content-length': String(size) } };
    const answer = await send(signed, body);

    expect(answer).toMatchObject({ status: 200 });
    expect(sent.peakBytes - before).toBeLessThan(64 * 1024 ** 2);
    const object = await client.send(
      new GetObjectCommand({ Bucket: BUCKET, Key: 'uploads/large.csv', Range: 'bytes=-3' }),
    );
    expect(object.ContentRange).toBe(`bytes ${size - 3}-${size - 1}/${size}`);
    expect(await object.Body?.transformToString()).toBe('xxx');
  });
});

describe('events', () => {
  it('are S3’s own, for keys under the prefix only', async () => {
    const { ETag } = await put('uploads/my file+ü.csv', 'text');
    await put('reports/a.csv', 'text');

    const messages = queue.receive(10, 60);

    expect(messages).toHaveLength(1);
    expect(JSON.parse(messages[0]?.body ?? '')).toEqual({
      Records: [
        {
          eventVersion: '2.1',
          eventSource: 'aws:s3',
          awsRegion: REGION,
          eventTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
          eventName: 'ObjectCreated:Put',
          responseElements: { 'x-amz-request-id': expect.stringMatching(/^[0-9A-F]{16}$/) },
          s3: {
            s3SchemaVersion: '1.0',
            configurationId: 'uploads',
            bucket: { name: BUCKET, arn: `arn:aws:s3:::${BUCKET}` },
            object: {
              key: 'uploads/my+file%2B%C3%BC.csv',
              size: 4,
              eTag: ETag?.replaceAll('"', ''),
              sequencer: expect.stringMatching(/^[0-9A-F]{16}$/),
            },
          },
        },
      ],
    });
  });

  it('and their objects are stored together or not at all', async () => {
    const { connection } = queue.database;
    connection.exec(`CREATE TRIGGER full BEFORE INSERT ON messages
                     BEGIN SELECT RAISE(ABORT, 'queue is full'); END`);
    expect(await refusal(put('uploads/a', 'text'))).toBe('500 InternalError');
    expect([await keys(), await files(), queue.depth().visible]).toEqual([[], [], 0]);
    expect(faults).toMatchObject([{ message: 'queue is full' }]);

    connection.exec('DROP TRIGGER full');
    await put('uploads/a', 'text');

    expect([await keys(), queue.depth().visible]).toEqual([['uploads/a'], 1]);
  });

  it('grow in their sequencer with every write of a key', async () => {
    for (const text of ['1', '2', '3']) await put('uploads/a', text);

    const sequencers = queue
      .receive(10, 60)
      .map(({ body }) => /"sequencer":"(\w+)"/.exec(body)?.[1] ?? '');

    expect(new Set(sequencers).size).toBe(3);
    expect(sequencers).toEqual([...sequencers].sort());
  });
});

describe('a restart', () => {
  it('keeps objects, listing and undelivered messages, and sweeps what a crash left', async () => {
    await put('uploads/a', 'first');
    await put('reports/b', 'second');
    const [inFlight] = queue.receive(1, 3600);
    const folder = join(dataDir, 's3', BUCKET);
    await stop();
    await writeFile(join(folder, 'orphan.bin'), 'x');
    await writeFile(join(folder, 'orphan.bin.part'), 'x');

    await start();

    expect(await keys()).toEqual(['reports/b', 'uploads/a']);
    expect(await get('uploads/a')).toMatchObject({ text: 'first' });
    expect(queue.receive(10, 60)).toMatchObject([
      // The delivery that ended with the earlier run does not count.
      { messageId: inFlight?.messageId, receiveCount: 1 },
    ]);
    expect(existsSync(join(folder, 'orphan.bin'))).toBe(false);
    expect(await files()).toHaveLength(2);
  });

  it('waits for no client that keeps its connection open', async () => {
    await put('a', 'text');
    const started = performance.now();

    await server.close();

    expect(performance.now() - started).toBeLessThan(3000);
  });

  it('is refused on a port that is taken', async () => {
    const options = { dataDir, region: REGION, credentials: CREDENTIALS, buckets: [], queue };

    const second = startS3Server({ ...options, port: server.port });

    await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});

describe('pages of other origins', () => {
  async function preflight(origin: string, method = 'PUT') {
    const response = await fetch(`${server.url}/${BUCKET}/uploads/a.csv`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': method,
        'access-control-request-headers': 'content-type,if-none-match',
      },
    });
    return {
      status: response.status,
      allowed: response.headers.get('access-control-allow-origin'),
    };
  }

  it('may upload when the origin is exactly an allowed one', async () => {
    const url = await presignPut({ Key: 'uploads/a.csv', ContentLength: 4 });

    const asked = await preflight(ORIGIN);
    const response = await fetch(url, {
      method: 'PUT',
      body: 'text',
      headers: { ...UPLOAD_HEADERS, origin: ORIGIN },
    });

    expect(asked).toEqual({ status: 200, allowed: ORIGIN });
    expect(response.status).toBe(200);
    expect(response.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(response.headers.get('access-control-expose-headers')).toContain('ETag');
  });

  it('can read why an upload was refused', async () => {
    const response = await fetch(`${server.url}/${BUCKET}/a`, { headers: { origin: ORIGIN } });

    expect(response.status).toBe(403);
    expect(response.headers.get('access-control-allow-origin')).toBe(ORIGIN);
  });

  it.each(['http://localhost:3001', 'http://localhost:3000.evil.test', 'null', '*'])(
    'are refused for %s',
    async (origin) => {
      expect(await preflight(origin)).toEqual({ status: 403, allowed: null });
    },
  );

  it('may not delete', async () => {
    expect(await preflight(ORIGIN, 'DELETE')).toEqual({ status: 403, allowed: null });
  });
});

interface SignedPut {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
}

/** A header-signed PutObject made by the rules of the IAM User Guide, not by the code under test. */
function signedPut(key: string, payloadHash: string, more: Record<string, string>): SignedPut {
  const url = new URL(`${server.url}/${BUCKET}/${key}`);
  const amzDate = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '');
  const headers: Record<string, string> = {
    host: url.host,
    'x-amz-content-sha256': payloadHash,
    'x-amz-date': amzDate,
    ...more,
  };
  const names = Object.keys(headers).sort();
  const canonical = [
    'PUT',
    url.pathname,
    '',
    ...names.map((name) => `${name}:${headers[name]}`),
    '',
    names.join(';'),
    payloadHash,
  ].join('\n');
  const scope = scopeOf(amzDate);
  const hash = createHash('sha256').update(canonical).digest('hex');
  const signature = mac(signingKey(amzDate), `AWS4-HMAC-SHA256\n${amzDate}\n${scope}\n${hash}`);
  const authorization = `AWS4-HMAC-SHA256 Credential=${CREDENTIALS.accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature.toString('hex')}`;
  return { url, headers: { ...headers, authorization } };
}

function signedChunks(signed: SignedPut, chunks: readonly string[], content: string): string {
  const amzDate = signed.headers['x-amz-date'] ?? '';
  let previous = signed.headers['authorization']?.slice(-64) ?? '';
  const next = (kind: string, hashes: readonly string[]) => {
    const lines = [`AWS4-HMAC-SHA256-${kind}`, amzDate, scopeOf(amzDate), previous, ...hashes];
    previous = mac(signingKey(amzDate), lines.join('\n')).toString('hex');
    return previous;
  };
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  const framed = [...chunks, ''].map((chunk) => {
    const signature = next('PAYLOAD', [sha256(''), sha256(chunk)]);
    const end = chunk === '' ? '' : `${chunk}\r\n`;
    return `${chunk.length.toString(16)};chunk-signature=${signature}\r\n${end}`;
  });
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(content));
  const trailer = `x-amz-checksum-crc32:${checksum.toString('base64')}`;
  const signature = next('TRAILER', [sha256(`${trailer}\n`)]);
  return `${framed.join('')}${trailer}\r\nx-amz-trailer-signature:${signature}\r\n\r\n`;
}

function scopeOf(amzDate: string): string {
  return `${amzDate.slice(0, 8)}/${REGION}/s3/aws4_request`;
}

function signingKey(amzDate: string): Buffer {
  const first = Buffer.from(`AWS4${CREDENTIALS.secretAccessKey}`);
  return scopeOf(amzDate).split('/').reduce(mac, first);
}

function mac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** Sends what fetch would not: any headers, and bodies without a length. */
async function send(signed: SignedPut, body: string | Readable) {
  return new Promise<{ status: number | undefined; code: string | undefined }>(
    (resolve, reject) => {
      const request = httpRequest(
        signed.url,
        { method: 'PUT', headers: signed.headers },
        (response) => {
          let text = '';
          response.on('data', (part: Buffer) => (text += part.toString()));
          response.on('end', () => resolve({ status: response.statusCode, code: errorCode(text) }));
        },
      );
      request.once('error', reject);
      if (typeof body === 'string') request.end(body);
      else body.pipe(request);
    },
  );
}

function putHead(key: string, headers: SignedPut['headers'], contentLength: number): string {
  const fields = { ...headers, 'content-length': contentLength, connection: 'close' };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return `PUT /${BUCKET}/${key} HTTP/1.1\r\n${lines.join('')}`;
}

/** Writes bytes to a plain connection, and only then reads all that comes back until it is closed. */
async function raw(bytes: string, then: 'wait' | 'end' = 'wait'): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1', () => {
      const read = () => socket.on('data', (part: Buffer) => (text += part.toString()));
      if (then === 'end') socket.end(bytes, read);
      else socket.write(bytes, read);
    });
    let text = '';
    socket.once('close', () => resolve(text));
    socket.once('error', reject);
  });
}
