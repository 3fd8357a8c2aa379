import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
  type ReceiveMessageCommandInput,
} from '@aws-sdk/client-sqs';
import { Clock } from '@sensorflow/kernel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MessageQueue } from '../../apps/local/src/sqs/message-queue.js';
import { startSqsServer, type RunningQueueServer } from '../../apps/local/src/sqs/sqs-server.js';
import { openUploadsDatabase } from '../../apps/local/src/sqs/uploads-database.js';

const REGION = 'eu-central-1';
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

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sensorflow-sqs-'));
  clock = new MovableClock();
  queue = new MessageQueue(openUploadsDatabase(dataDir), clock);
});

afterEach(async () => {
  queue.database.close();
  await rm(dataDir, { recursive: true, force: true });
});

describe('the message queue', () => {
  it('delivers messages oldest first, each to one receiver', () => {
    const sent = ['a', 'b', 'c'].map((body) => queue.send(body).messageId);

    const first = queue.receive(2, 60);
    const second = queue.receive(2, 60);

    expect([...first, ...second].map(({ messageId }) => messageId)).toEqual(sent);
    expect(first).toMatchObject([
      { body: 'a', receiveCount: 1 },
      { body: 'b', receiveCount: 1 },
    ]);
    expect(queue.receive(1, 60)).toEqual([]);
    expect(queue.depth()).toEqual({ visible: 0, inFlight: 3, delayed: 0 });
  });

  it('delivers again what was not deleted in time, under a new receipt', () => {
    queue.send('a');
    const [first] = queue.receive(1, 60);

    clock.aheadMs = 60_000;
    const [second] = queue.receive(1, 60);

    expect(second).toMatchObject({ messageId: first?.messageId, receiveCount: 2 });
    expect(queue.delete(first?.receiptHandle ?? '')).toBe(false);
    expect(queue.changeVisibility(first?.receiptHandle ?? '', 0)).toBe(false);
    expect(queue.deadLetter(first?.receiptHandle ?? '', 'late')).toBe(false);
    expect(queue.delete(second?.receiptHandle ?? '')).toBe(true);
    expect(queue.depth()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });

  it('lets a receiver ask for more time, or give a message back', () => {
    queue.send('a');
    const [message] = queue.receive(1, 60);
    const receiptHandle = message?.receiptHandle ?? '';

    expect(queue.changeVisibility(receiptHandle, 600)).toBe(true);
    clock.aheadMs = 599_000;
    expect(queue.receive(1, 60)).toEqual([]);
    expect(queue.changeVisibility(receiptHandle, 0)).toBe(true);
    expect(queue.receive(1, 60)).toHaveLength(1);
  });

  it('holds a delayed message back', () => {
    queue.send('later', 10);

    expect(queue.receive(1, 60)).toEqual([]);
    expect(queue.depth()).toEqual({ visible: 0, inFlight: 0, delayed: 1 });
    clock.aheadMs = 10_000;
    expect(queue.receive(1, 60)).toMatchObject([{ body: 'later' }]);
  });

  it('releases at start what a previous run had received, but not what is delayed', () => {
    queue.send('received');
    queue.send('delayed', 600);
    queue.receive(1, 3600);
    queue.database.close();
    queue = new MessageQueue(openUploadsDatabase(dataDir), clock);

    expect(queue.receive(10, 60)).toEqual([]);
    expect(queue.releaseAll()).toBe(1);
    expect(queue.receive(10, 60)).toMatchObject([{ body: 'received', receiveCount: 1 }]);
  });

  it('keeps dead letters with their reason', () => {
    queue.send('poison');
    const [message] = queue.receive(1, 60);

    expect(queue.deadLetter(message?.receiptHandle ?? '', 'failed 5 times')).toBe(true);

    expect(queue.deadLetters()).toEqual([
      {
        messageId: message?.messageId,
        body: 'poison',
        receiveCount: 1,
        sentAtEpochMs: message?.sentAtEpochMs,
        deadAtEpochMs: expect.any(Number),
        reason: 'failed 5 times',
      },
    ]);
    expect(queue.depth()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });

  it('forgets what was sent in a transaction that failed', () => {
    const failing = () =>
      queue.database.transaction(() => {
        queue.send('a');
        throw new Error('the rest failed');
      });

    expect(failing).toThrow('the rest failed');
    expect(queue.depth().visible).toBe(0);
  });
});

describe('the queue over the SQS protocol', () => {
  let server: RunningQueueServer;
  let client: SQSClient;

  beforeEach(async () => {
    server = await startSqsServer({
      queue,
      port: 0,
      region: REGION,
      credentials: CREDENTIALS,
      clock,
    });
    client = aClient();
  });

  afterEach(async () => {
    client.destroy();
    await server.close();
  });

  function aClient(overrides: Partial<typeof CREDENTIALS> = {}): SQSClient {
    return new SQSClient({
      endpoint: server.url,
      region: REGION,
      credentials: { ...CREDENTIALS, ...overrides },
      maxAttempts: 1,
    });
  }

  async function receive(more: Partial<ReceiveMessageCommandInput> = {}) {
    const input = { QueueUrl: server.queueUrl, ...more };
    const { Messages = [] } = await client.send(new ReceiveMessageCommand(input));
    return Messages;
  }

  async function sendMessage(body: string, more: object = {}) {
    const input = { QueueUrl: server.queueUrl, MessageBody: body, ...more };
    return client.send(new SendMessageCommand(input));
  }

  async function refusal(answer: Promise<unknown>) {
    return answer.then(
      () => 'accepted',
      (error: { name: string; $metadata?: { httpStatusCode?: number } }) =>
        `${error.$metadata?.httpStatusCode} ${error.name}`,
    );
  }

  it('sends, receives and deletes as the SDK does, checking its digests', async () => {
    const { MessageId } = await sendMessage('{"key":"Ü 🌡️"}');

    const [message] = await receive({ MessageSystemAttributeNames: ['All'] });

    expect(message).toMatchObject({
      MessageId,
      Body: '{"key":"Ü 🌡️"}',
      Attributes: { ApproximateReceiveCount: '1', SentTimestamp: expect.stringMatching(/^\d+$/) },
    });
    const receipt = { QueueUrl: server.queueUrl, ReceiptHandle: message?.ReceiptHandle };
    await client.send(new DeleteMessageCommand(receipt));
    await client.send(new DeleteMessageCommand(receipt));
    expect(queue.depth()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });

  it('tells its address and its depth', async () => {
    await sendMessage('a');
    await sendMessage('b');
    await receive();

    const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: 'uploads' }));
    const { Attributes } = await client.send(
      new GetQueueAttributesCommand({
        QueueUrl,
        AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
      }),
    );

    expect(QueueUrl).toBe(`http://127.0.0.1:${server.port}/000000000000/uploads`);
    expect(Attributes).toEqual({
      ApproximateNumberOfMessages: '1',
      ApproximateNumberOfMessagesNotVisible: '1',
    });
  });

  it('gives a message back when its visibility is set to nothing', async () => {
    await sendMessage('a');
    const [message] = await receive({ VisibilityTimeout: 3600 });
    const receipt = { QueueUrl: server.queueUrl, ReceiptHandle: message?.ReceiptHandle };
    const giveBack = new ChangeMessageVisibilityCommand({ ...receipt, VisibilityTimeout: 0 });

    await client.send(giveBack);

    expect(await receive()).toMatchObject([{ Body: 'a' }]);
    expect(await refusal(client.send(giveBack))).toBe('400 MessageNotInflight');
  });

  it('waits for a message as long as it is asked to', async () => {
    const started = performance.now();
    const waiting = receive({ WaitTimeSeconds: 10 });
    setTimeout(() => queue.send('late'), 300);

    expect(await waiting).toMatchObject([{ Body: 'late' }]);
    expect(performance.now() - started).toBeLessThan(5000);
    expect(await receive({ WaitTimeSeconds: 1 })).toEqual([]);
  });

  it('delivers nothing to a receiver that has hung up', async () => {
    const abandoned = new AbortController();
    const input = { QueueUrl: server.queueUrl, WaitTimeSeconds: 20 };
    const waiting = client.send(new ReceiveMessageCommand(input), {
      abortSignal: abandoned.signal,
    });
    setTimeout(() => abandoned.abort(), 200);
    await expect(waiting).rejects.toThrow('abort');
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });

    queue.send('a');

    expect(await receive()).toMatchObject([{ Body: 'a' }]);
  });

  it.each([
    ['an unknown queue', { QueueUrl: 'http://127.0.0.1/000000000000/other' }, 'QueueDoesNotExist'],
    ['a delay beyond 15 minutes', { DelaySeconds: 901 }, 'InvalidParameterValue'],
    ['a body beyond 1 MiB', { MessageBody: 'x'.repeat(1_048_577) }, 'InvalidParameterValue'],
    ['no body', { MessageBody: '' }, 'MissingParameter'],
    [
      'attributes, which it would lose',
      { MessageAttributes: { a: { DataType: 'String', StringValue: 'b' } } },
      'UnsupportedOperation',
    ],
  ])('refuses a message with %s', async (_, more, code) => {
    expect(await refusal(sendMessage('a', more))).toBe(`400 ${code}`);
    expect(queue.depth().visible).toBe(0);
  });

  it('refuses what it does not implement, and receipts that are none', async () => {
    const receipt = { QueueUrl: server.queueUrl, ReceiptHandle: 'invented' };

    expect(await refusal(client.send(new CreateQueueCommand({ QueueName: 'a' })))).toBe(
      '400 UnsupportedOperation',
    );
    expect(await refusal(client.send(new DeleteMessageCommand(receipt)))).toBe(
      '400 ReceiptHandleIsInvalid',
    );
    expect(await refusal(receive({ MaxNumberOfMessages: 11 }))).toBe('400 InvalidParameterValue');
  });

  it('refuses callers that do not prove who they are', async () => {
    const attempt = async (overrides: Partial<typeof CREDENTIALS>) => {
      const input = { QueueUrl: server.queueUrl, MessageBody: 'a' };
      return refusal(aClient(overrides).send(new SendMessageCommand(input)));
    };
    const anonymous = await fetch(server.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': 'AmazonSQS.SendMessage',
      },
      body: JSON.stringify({ QueueUrl: server.queueUrl, MessageBody: 'a' }),
    });

    expect(await attempt({ secretAccessKey: 'guess' })).toBe('403 InvalidSignatureException');
    expect(await attempt({ accessKeyId: 'guess' })).toBe('403 InvalidClientTokenId');
    expect(anonymous.status).toBe(403);
    clock.aheadMs = 16 * 60_000;
    expect(await attempt({})).toBe('403 InvalidSignatureException');
    expect(queue.depth().visible).toBe(0);
  });

  it('refuses a body that is not the one that was signed', async () => {
    const tampering = aClient();
    tampering.middlewareStack.add(
      (next) => async (args) => {
        const { request } = args;
        if (typeof request === 'object' && request !== null && 'body' in request) {
          const body = request.body instanceof Uint8Array ? request.body : Buffer.alloc(0);
          request.body = Buffer.from(body).toString().replace('"good"', '"evil"');
        }
        return next(args);
      },
      { step: 'finalizeRequest', priority: 'low' },
    );
    const input = { QueueUrl: server.queueUrl, MessageBody: 'good' };

    const answer = await refusal(tampering.send(new SendMessageCommand(input)));

    expect(answer).toBe('403 InvalidSignatureException');
    expect(queue.depth().visible).toBe(0);
  });

  it('stops while a receiver is waiting', async () => {
    const waiting = refusal(receive({ WaitTimeSeconds: 20 }));
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
    const started = performance.now();

    await server.close();

    expect(performance.now() - started).toBeLessThan(3000);
    expect(await waiting).not.toBe('accepted');
  });
});
