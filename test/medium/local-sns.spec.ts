import {
  GetTopicAttributesCommand,
  ListSubscriptionsByTopicCommand,
  PublishCommand,
  SNSClient,
  SubscribeCommand,
  UnsubscribeCommand,
} from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ListQueuesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
} from '@aws-sdk/client-sqs';
import { Clock } from '@sensorflow/kernel';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startEmbeddedTopic, type EmbeddedTopic } from '../support/embedded-topic.js';

class MovableClock extends Clock {
  aheadMs = 0;

  nowEpochMs(): number {
    return Date.now() + this.aheadMs;
  }

  override async sleep(): Promise<void> {
    throw new Error('Nothing sleeps on this clock.');
  }
}

const clock = new MovableClock();
let cloud: EmbeddedTopic;
let number = 0;
let queueName: string;

beforeAll(async () => {
  cloud = await startEmbeddedTopic(clock);
});

afterAll(async () => {
  await cloud.close();
});

beforeEach(() => {
  number += 1;
  queueName = `queue-${number}.fifo`;
});

const arnOf = (name: string) => `arn:aws:sqs:eu-central-1:000000000000:${name}`;

function policyFor(name: string, topicArn = cloud.topicArn): string {
  const statement = {
    Effect: 'Allow',
    Principal: { Service: 'sns.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: arnOf(name),
    Condition: { ArnEquals: { 'aws:SourceArn': topicArn } },
  };
  return JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
}

async function createQueue(attributes: Readonly<Record<string, string>> = {}): Promise<string> {
  const Attributes = { FifoQueue: 'true', Policy: policyFor(queueName), ...attributes };
  const { QueueUrl = '' } = await cloud.sqs.send(
    new CreateQueueCommand({ QueueName: queueName, Attributes }),
  );
  return QueueUrl;
}

async function subscribe(attributes: Readonly<Record<string, string>> = {}): Promise<string> {
  const { SubscriptionArn = '' } = await cloud.sns.send(
    new SubscribeCommand({
      TopicArn: cloud.topicArn,
      Protocol: 'sqs',
      Endpoint: arnOf(queueName),
      Attributes: attributes,
    }),
  );
  return SubscriptionArn;
}

function publish(Message: string, id = Message.replaceAll(' ', '-')) {
  const command = new PublishCommand({
    TopicArn: cloud.topicArn,
    Message,
    MessageGroupId: 'group',
    MessageDeduplicationId: id,
  });
  return cloud.sns.send(command);
}

async function received(QueueUrl: string, most = 10) {
  const { Messages = [] } = await cloud.sqs.send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: most }),
  );
  return Messages;
}

async function bodies(queueUrl: string): Promise<readonly string[]> {
  return (await received(queueUrl)).map(({ Body = '' }) => Body);
}

describe('the embedded topic', () => {
  it('delivers in its order, with its ids, to the queues that let it', async () => {
    const queueUrl = await createQueue();
    await subscribe();

    const first = await publish(`a${number}`);
    const second = await publish(`b${number}`);

    const envelopes = (await bodies(queueUrl)).map((body) => JSON.parse(body));
    expect(envelopes).toMatchObject([
      { Type: 'Notification', MessageId: first.MessageId, Message: `a${number}` },
      { SequenceNumber: second.SequenceNumber, Message: `b${number}`, TopicArn: cloud.topicArn },
    ]);
    expect(BigInt(second.SequenceNumber ?? 0)).toBeGreaterThan(BigInt(first.SequenceNumber ?? 0));
  });

  it('delivers bare messages where the subscription says so', async () => {
    const queueUrl = await createQueue();
    await subscribe({ RawMessageDelivery: 'true' });

    await publish(`<&> "${number}"`, `raw-${number}`);

    expect(await bodies(queueUrl)).toEqual([`<&> "${number}"`]);
  });

  it('delivers nothing to a queue whose policy does not let it', async () => {
    const another = `${cloud.topicArn.slice(0, -5)}-2.fifo`;
    const queueUrl = await createQueue({ Policy: policyFor(queueName, another) });
    await subscribe();

    await publish(`secret ${number}`);

    expect(await bodies(queueUrl)).toEqual([]);
  });

  it('delivers once what is published again within five minutes', async () => {
    const queueUrl = await createQueue();
    await subscribe({ RawMessageDelivery: 'true' });

    const first = await publish('again', `same-${number}`);
    const second = await publish('again', `same-${number}`);
    clock.aheadMs += 5 * 60_000;
    await publish('again', `same-${number}`);

    expect(second.MessageId).toBe(first.MessageId);
    expect(await bodies(queueUrl)).toEqual(['again', 'again']);
  });

  it('replays what was published since an instant, under its ids, and goes on', async () => {
    await publish(`old ${number}`);
    clock.aheadMs += 1000;
    const StartingPoint = new Date(clock.nowEpochMs()).toISOString();
    const { MessageId } = await publish(`new ${number}`);
    const queueUrl = await createQueue();

    await subscribe({ ReplayPolicy: JSON.stringify({ PointType: 'Timestamp', StartingPoint }) });
    await publish(`later ${number}`);

    const envelopes = (await bodies(queueUrl)).map((body) => JSON.parse(body));
    expect(envelopes.map(({ Message }) => Message)).toEqual([`new ${number}`, `later ${number}`]);
    expect(envelopes[0].MessageId).toBe(MessageId);
  });

  it('lists its subscriptions, and delivers no more to one that ended', async () => {
    const queueUrl = await createQueue();
    const arn = await subscribe();
    const list = async () => {
      const command = new ListSubscriptionsByTopicCommand({ TopicArn: cloud.topicArn });
      const { Subscriptions = [] } = await cloud.sns.send(command);
      return Subscriptions.filter(({ Endpoint }) => Endpoint === arnOf(queueName));
    };
    expect(await list()).toMatchObject([{ SubscriptionArn: arn, Protocol: 'sqs' }]);

    await cloud.sns.send(new UnsubscribeCommand({ SubscriptionArn: arn }));
    await publish(`unheard ${number}`);

    expect(await list()).toEqual([]);
    expect(await bodies(queueUrl)).toEqual([]);
  });

  it('says since when it keeps messages', async () => {
    const command = new GetTopicAttributesCommand({ TopicArn: cloud.topicArn });
    const { Attributes } = await cloud.sns.send(command);

    expect(Date.parse(Attributes?.['BeginningArchiveTime'] ?? '')).toBeLessThanOrEqual(
      clock.nowEpochMs(),
    );
    expect(Attributes?.['FifoTopic']).toBe('true');
  });

  it('takes a hundred subscriptions', async () => {
    const command = new ListSubscriptionsByTopicCommand({ TopicArn: cloud.topicArn });
    const { Subscriptions = [] } = await cloud.sns.send(command);
    const own: string[] = [];
    for (let count = Subscriptions.length; count < 100; count += 1) {
      queueName = `many-${count}.fifo`;
      own.push(await subscribe());
    }

    queueName = 'one-more.fifo';
    await expect(subscribe()).rejects.toMatchObject({ name: 'SubscriptionLimitExceededException' });
    for (const SubscriptionArn of own) {
      await cloud.sns.send(new UnsubscribeCommand({ SubscriptionArn }));
    }
  });

  it.each([
    ['a message without a group', { MessageGroupId: undefined }],
    ['a message without an id against repetition', { MessageDeduplicationId: undefined }],
    ['an empty message', { Message: '' }],
    ['a message of more than 256 KiB', { Message: 'x'.repeat(262_145) }],
    ['an id with blanks', { MessageDeduplicationId: 'a b' }],
  ])('refuses %s', async (_name, wrong) => {
    const right = { Message: 'm', MessageGroupId: 'g', MessageDeduplicationId: 'd' };
    const command = new PublishCommand({ TopicArn: cloud.topicArn, ...right, ...wrong });

    await expect(cloud.sns.send(command)).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
  });

  it.each([
    ['another protocol', { Protocol: 'https' }],
    ['an address that is no queue', { Endpoint: 'https://example.com' }],
    ['a queue without order', { Endpoint: arnOf('plain') }],
    ['an attribute that it does not know', { Attributes: { FilterPolicy: '{}' } }],
    ['a replay from nowhere', { Attributes: { ReplayPolicy: '{}' } }],
    [
      'a replay from before its archive',
      {
        Attributes: {
          ReplayPolicy: '{"PointType":"Timestamp","StartingPoint":"2000-01-01T00:00:00Z"}',
        },
      },
    ],
  ])('refuses to subscribe %s', async (_name, wrong) => {
    const right = { TopicArn: cloud.topicArn, Protocol: 'sqs', Endpoint: arnOf('q.fifo') };

    await expect(
      cloud.sns.send(new SubscribeCommand({ ...right, ...wrong })),
    ).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });

  it('refuses attributes of a message, rather than lose them', async () => {
    const command = new PublishCommand({
      TopicArn: cloud.topicArn,
      Message: 'm',
      MessageGroupId: 'g',
      MessageDeduplicationId: 'd',
      MessageAttributes: { kind: { DataType: 'String', StringValue: 'x' } },
    });

    await expect(cloud.sns.send(command)).rejects.toMatchObject({ name: 'InvalidAction' });
  });

  it('knows one topic', async () => {
    const command = new GetTopicAttributesCommand({ TopicArn: `${cloud.topicArn}x` });

    await expect(cloud.sns.send(command)).rejects.toMatchObject({ name: 'NotFoundException' });
  });

  it.each([
    [
      'a wrong secret',
      { accessKeyId: 'local-key', secretAccessKey: 'wrong' },
      'SignatureDoesNotMatch',
    ],
    [
      'an unknown key',
      { accessKeyId: 'another', secretAccessKey: 'local-secret' },
      'InvalidClientTokenId',
    ],
  ])('refuses %s', async (_name, credentials, code) => {
    const stranger = new SNSClient({
      region: 'eu-central-1',
      endpoint: cloud.snsUrl,
      credentials,
      maxAttempts: 1,
    });

    const command = new GetTopicAttributesCommand({ TopicArn: cloud.topicArn });
    await expect(stranger.send(command)).rejects.toMatchObject({ name: code });
    stranger.destroy();
  });

  it('refuses who does not sign, and web pages', async () => {
    const body = new URLSearchParams({ Action: 'Publish', Version: '2010-03-31' });
    const unsigned = await fetch(cloud.snsUrl, { method: 'POST', body });
    const page = await fetch(cloud.snsUrl, {
      method: 'POST',
      body,
      headers: { origin: 'https://example.com' },
    });

    expect([unsigned.status, page.status]).toEqual([403, 403]);
    expect(await unsigned.text()).toContain('MissingAuthenticationToken');
  });
});

describe('embedded FIFO queues', () => {
  it('hold back what is behind a message that was received and not deleted', async () => {
    const queueUrl = await createQueue({ VisibilityTimeout: '10' });
    await subscribe({ RawMessageDelivery: 'true' });
    for (const text of ['a', 'b', 'c']) await publish(`${text}${number}`);

    const [first] = await received(queueUrl, 1);
    expect(await received(queueUrl)).toEqual([]);
    clock.aheadMs += 10_000;
    const again = await received(queueUrl);
    await cloud.sqs.send(
      new DeleteMessageBatchCommand({
        QueueUrl: queueUrl,
        Entries: again
          .slice(0, 2)
          .map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle })),
      }),
    );
    clock.aheadMs += 10_000;

    expect(again.map(({ Body }) => Body)).toEqual([`a${number}`, `b${number}`, `c${number}`]);
    expect(first?.Body).toBe(`a${number}`);
    expect(await bodies(queueUrl)).toEqual([`c${number}`]);
  });

  it('forget a message when its retention is over', async () => {
    const queueUrl = await createQueue({ MessageRetentionPeriod: '60' });
    await subscribe();
    await publish(`short ${number}`);

    clock.aheadMs += 60_001;

    expect(await bodies(queueUrl)).toEqual([]);
  });

  it('answer a waiting receiver as soon as something comes', async () => {
    const queueUrl = await createQueue();
    await subscribe();
    const waiting = cloud.sqs.send(
      new ReceiveMessageCommand({ QueueUrl: queueUrl, WaitTimeSeconds: 20 }),
    );

    await publish(`soon ${number}`);

    expect((await waiting).Messages).toHaveLength(1);
  });

  it('are listed by the beginning of their names, page by page', async () => {
    const prefix = `listed-${number}`;
    for (const end of ['a', 'b', 'c']) {
      queueName = `${prefix}${end}.fifo`;
      await createQueue();
    }
    const list = (more: object) =>
      cloud.sqs.send(new ListQueuesCommand({ QueueNamePrefix: prefix, ...more }));

    const first = await list({ MaxResults: 2 });
    const second = await list({ MaxResults: 2, NextToken: first.NextToken });

    expect(first.QueueUrls).toHaveLength(2);
    expect(second.QueueUrls).toHaveLength(1);
    expect(second.NextToken).toBeUndefined();
  });

  it('say when they were changed last', async () => {
    const queueUrl = await createQueue();
    const look = async () => {
      const { Attributes = {} } = await cloud.sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] }),
      );
      return Attributes;
    };
    const before = await look();

    clock.aheadMs += 100_000;
    const Attributes = { VisibilityTimeout: '11' };
    await cloud.sqs.send(new SetQueueAttributesCommand({ QueueUrl: queueUrl, Attributes }));

    const after = await look();
    const ofSeconds = (attributes: Partial<Record<string, string>>) =>
      Number(attributes['LastModifiedTimestamp']);
    expect(ofSeconds(after) - ofSeconds(before)).toBeGreaterThanOrEqual(99);
    expect(after).toMatchObject({ VisibilityTimeout: '11', QueueArn: arnOf(queueName) });
  });

  it('are made once, and not with other attributes', async () => {
    const queueUrl = await createQueue();

    expect(await createQueue()).toBe(queueUrl);
    await expect(createQueue({ VisibilityTimeout: '77' })).rejects.toMatchObject({
      name: 'QueueNameExists',
    });
  });

  it('are gone once they were deleted, and their name for a minute', async () => {
    const queueUrl = await createQueue();
    await cloud.sqs.send(new DeleteQueueCommand({ QueueUrl: queueUrl }));

    await expect(received(queueUrl)).rejects.toMatchObject({ name: 'QueueDoesNotExist' });
    await expect(createQueue()).rejects.toMatchObject({ name: 'QueueDeletedRecently' });
    clock.aheadMs += 60_000;
    await expect(createQueue()).resolves.toBeDefined();
  });

  it.each([
    ['a name without .fifo', { QueueName: 'plain', Attributes: { FifoQueue: 'true' } }],
    ['a name with a dot', { QueueName: 'a.b.fifo', Attributes: { FifoQueue: 'true' } }],
    ['a FIFO name without the attribute', { QueueName: 'x.fifo' }],
    [
      'an attribute that it does not know',
      { QueueName: 'x.fifo', Attributes: { FifoQueue: 'true', Colour: 'red' } },
    ],
    [
      'a retention below a minute',
      { QueueName: 'x.fifo', Attributes: { FifoQueue: 'true', MessageRetentionPeriod: '59' } },
    ],
    [
      'a policy that is none',
      { QueueName: 'x.fifo', Attributes: { FifoQueue: 'true', Policy: 'everybody' } },
    ],
    ['tags', { QueueName: 'x.fifo', Attributes: { FifoQueue: 'true' }, tags: { a: 'b' } }],
  ])('are not made with %s', async (_name, input) => {
    const command = new CreateQueueCommand(input);

    await expect(cloud.sqs.send(command)).rejects.toMatchObject({
      name: expect.stringMatching(/^(Invalid|Unsupported)/),
    });
    expect(cloud.queues.find(input.QueueName)).toBeUndefined();
  });

  it('take messages from a topic alone', async () => {
    const queueUrl = await createQueue();
    const command = new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: 'm' });

    await expect(cloud.sqs.send(command)).rejects.toMatchObject({ name: 'UnsupportedOperation' });
  });

  it.each([
    ['no entries', [], 'EmptyBatchRequest'],
    [
      'eleven entries',
      Array.from({ length: 11 }, (_, index) => ({ Id: String(index), ReceiptHandle: 'r' })),
      'TooManyEntriesInBatchRequest',
    ],
    [
      'two of one id',
      [
        { Id: 'a', ReceiptHandle: 'r' },
        { Id: 'a', ReceiptHandle: 's' },
      ],
      'BatchEntryIdsNotDistinct',
    ],
  ])('delete no batch of %s', async (_name, Entries, code) => {
    const QueueUrl = await createQueue();

    await expect(
      cloud.sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries })),
    ).rejects.toMatchObject({ name: code });
  });
});
