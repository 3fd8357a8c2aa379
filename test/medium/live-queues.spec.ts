import { ListSubscriptionsByTopicCommand, UnsubscribeCommand } from '@aws-sdk/client-sns';
import { DeleteQueueCommand } from '@aws-sdk/client-sqs';
import { SystemClock } from '@sensorflow/kernel';
import type { TopicMessage } from '@sensorflow/live/change-topic.js';
import { QUEUE_CARE, QueueChangeListener } from '@sensorflow/live/sns/queue-change-listener.js';
import { QueuesOfTopic } from '@sensorflow/live/sns/queues-of-topic.js';
import { SnsChangePublisher } from '@sensorflow/live/sns/sns-change-publisher.js';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/api-client.js';
import { startEmbeddedTopic, type EmbeddedTopic } from '../support/embedded-topic.js';

const MINUTE_MS = 60_000;

/** The system's time, moved by as much as a test wants. */
class MovableClock extends SystemClock {
  aheadMs = 0;

  override nowEpochMs(): number {
    return Date.now() + this.aheadMs;
  }
}

const clock = new MovableClock();
let cloud: EmbeddedTopic;

beforeAll(async () => {
  cloud = await startEmbeddedTopic(clock);
});

afterAll(async () => {
  await cloud.close();
});

const SILENT = { onTrouble: () => undefined, onLate: () => undefined };

const namesOf = (queuePrefix: string) => ({ topicArn: cloud.topicArn, queuePrefix });

async function subscribedQueues(prefix: string): Promise<readonly string[]> {
  const command = new ListSubscriptionsByTopicCommand({ TopicArn: cloud.topicArn });
  const { Subscriptions = [] } = await cloud.sns.send(command);
  return Subscriptions.flatMap(({ Endpoint = '' }) => Endpoint.split(':').at(-1) ?? []).filter(
    (name) => name.startsWith(prefix),
  );
}

describe('the queues of processes', () => {
  it('that were unused for ten minutes are removed with their subscriptions, and no others', async () => {
    const [own, another] = [new QueuesOfTopic(cloud, namesOf('a-')), namesOf('b-')];
    const used = await own.create(clock.nowEpochMs());
    await own.create(clock.nowEpochMs());
    await new QueuesOfTopic(cloud, another).create(clock.nowEpochMs());

    clock.aheadMs += 9 * MINUTE_MS;
    await own.touch(used);
    expect(await own.removeAbandoned(clock.nowEpochMs())).toBe(0);
    clock.aheadMs += 2 * MINUTE_MS;
    expect(await own.removeAbandoned(clock.nowEpochMs())).toBe(1);

    const left = cloud.queues.names('a-');
    expect(left).toEqual([used.queueUrl.split('/').at(-1)]);
    expect(await subscribedQueues('a-')).toEqual(left);
    expect(cloud.queues.names('b-')).toHaveLength(1);
  });

  it('are no longer subscribed once they have gone; what others subscribed stays', async () => {
    const own = new QueuesOfTopic(cloud, namesOf('h-'));
    const used = await own.create(clock.nowEpochMs());
    const { queueUrl: goneUrl } = await own.create(clock.nowEpochMs());
    const { queueUrl: foreignUrl } = await new QueuesOfTopic(cloud, namesOf('i-')).create(
      clock.nowEpochMs(),
    );
    for (const QueueUrl of [goneUrl, foreignUrl]) {
      await cloud.sqs.send(new DeleteQueueCommand({ QueueUrl }));
    }

    expect(await own.removeAbandoned(clock.nowEpochMs())).toBe(1);

    expect(await subscribedQueues('h-')).toEqual([used.queueUrl.split('/').at(-1)]);
    expect(await subscribedQueues('i-')).toHaveLength(1);
    expect(await own.removeAbandoned(clock.nowEpochMs())).toBe(0);
  });

  it('are replaced when somebody ended the subscription, without missing a message', async () => {
    const care = { ...QUEUE_CARE, touchMs: 50 };
    const listener = new QueueChangeListener(cloud, namesOf('g-'), clock, SILENT, care);
    const publisher = new SnsChangePublisher(cloud.sns, cloud.topicArn);
    const heard = new Map<string, string>();
    const hear = ({ id, body }: TopicMessage) => void heard.set(id, body);
    const listening = await listener.listen(clock.nowEpochMs(), hear);
    const former = cloud.queues.names('g-');
    const command = new ListSubscriptionsByTopicCommand({ TopicArn: cloud.topicArn });
    const { Subscriptions = [] } = await cloud.sns.send(command);
    const own = Subscriptions.find(({ Endpoint }) => Endpoint?.endsWith(former[0] ?? '?'));

    await cloud.sns.send(new UnsubscribeCommand({ SubscriptionArn: own?.SubscriptionArn }));
    await publisher.publish('while nobody was told');

    await eventually(
      async () => [...heard.values()],
      (bodies) => bodies.includes('while nobody was told'),
      60_000,
    );
    expect(cloud.queues.names('g-')).not.toEqual(former);
    expect(await subscribedQueues('g-')).toHaveLength(1);
    await listening.close();
  });

  it('are open to the topic alone, encrypted, and keep messages for minutes', async () => {
    await new QueuesOfTopic(cloud, namesOf('c-')).create(clock.nowEpochMs());
    const [name = ''] = cloud.queues.names('c-');

    const { policy, isEncrypted, retentionSeconds } = cloud.queues.find(name)?.settings ?? {};

    expect(JSON.parse(policy ?? '').Statement).toMatchObject([
      {
        Principal: { Service: 'sns.amazonaws.com' },
        Condition: { ArnEquals: { 'aws:SourceArn': cloud.topicArn } },
      },
    ]);
    expect([isEncrypted, retentionSeconds]).toEqual([true, 300]);
  });

  it('are replaced when somebody removed one, without missing a message', async () => {
    const troubles: string[] = [];
    const listener = new QueueChangeListener(cloud, namesOf('d-'), clock, {
      ...SILENT,
      onTrouble: (what) => void troubles.push(what),
    });
    const publisher = new SnsChangePublisher(cloud.sns, cloud.topicArn);
    const heard: TopicMessage[] = [];
    const listening = await listener.listen(clock.nowEpochMs(), (message) => heard.push(message));
    await publisher.publish('before');
    await eventually(
      async () => heard.length,
      (count) => count === 1,
    );

    const [name = ''] = cloud.queues.names('d-');
    const QueueUrl = `${cloud.sqsUrl}/000000000000/${name}`;
    await cloud.sqs.send(new DeleteQueueCommand({ QueueUrl }));
    await publisher.publish('meanwhile');

    await eventually(
      async () => heard.map(({ body }) => body),
      (bodies) => bodies.includes('meanwhile'),
    );
    expect(troubles).toContain('the queue was not read');
    expect(cloud.queues.names('d-')).not.toContain(name);
    await listening.close();
    expect(cloud.queues.names('d-')).toEqual([]);
    expect(await subscribedQueues('d-')).toEqual([]);
  });

  it('are told again all that was published since the last message, however long that took', async () => {
    const late = new MovableClock();
    late.aheadMs = clock.aheadMs;
    const listener = new QueueChangeListener(cloud, namesOf('e-'), late, SILENT);
    const publisher = new SnsChangePublisher(cloud.sns, cloud.topicArn);
    const heard: string[] = [];
    const listening = await listener.listen(late.nowEpochMs(), ({ body }) => heard.push(body));
    await publisher.publish('before the outage');
    await eventually(
      async () => heard,
      (bodies) => bodies.includes('before the outage'),
    );

    late.aheadMs += 40 * MINUTE_MS;
    const [name = ''] = cloud.queues.names('e-');
    const QueueUrl = `${cloud.sqsUrl}/000000000000/${name}`;
    await cloud.sqs.send(new DeleteQueueCommand({ QueueUrl }));
    await publisher.publish('during the outage');

    await eventually(
      async () => heard,
      (bodies) => bodies.includes('during the outage'),
    );
    expect(cloud.queues.names('e-')).not.toContain(name);
    await listening.close();
  });

  it('are replaced when they were not read for longer than they keep messages', async () => {
    const late = new MovableClock();
    late.aheadMs = clock.aheadMs;
    const listener = new QueueChangeListener(cloud, namesOf('f-'), late, SILENT);
    const publisher = new SnsChangePublisher(cloud.sns, cloud.topicArn);
    const heard = new Map<string, string>();
    const hear = ({ id, body }: TopicMessage) => void heard.set(id, body);
    const listening = await listener.listen(late.nowEpochMs(), hear);
    const former = cloud.queues.names('f-');

    late.aheadMs += 5 * MINUTE_MS;
    await publisher.publish('once it goes on');

    await eventually(
      async () => [...heard.values()],
      (bodies) => bodies.includes('once it goes on'),
    );
    expect(cloud.queues.names('f-')).not.toEqual(former);
    await listening.close();
  });

  it('are said to be heard late while they are not read', async () => {
    const { listening, reported } = await listenReporting('j-', clock);
    clock.aheadMs += 59_000;
    await delay(100);
    expect(reported).toEqual([]);

    // The long poll goes on meanwhile.
    clock.aheadMs += 2_000;
    await eventually(
      async () => reported.length,
      (count) => count > 0,
    );
    await new SnsChangePublisher(cloud.sns, cloud.topicArn).publish('heard again');
    await eventually(
      async () => {
        reported.length = 0;
        await delay(100);
        return reported.length;
      },
      (count) => count === 0,
    );

    await listening.close();
  });

  it('are said to be heard late while messages are old when they are heard', async () => {
    const late = new MovableClock();
    late.aheadMs = clock.aheadMs;
    const { listening, reported, heard } = await listenReporting('k-', late);

    late.aheadMs += 90_000;
    await new SnsChangePublisher(cloud.sns, cloud.topicArn).publish('it has waited');
    await eventually(
      async () => heard,
      (bodies) => bodies.includes('it has waited'),
    );
    reported.length = 0;

    const lateMs = await eventually(
      async () => reported[0],
      (first) => first !== undefined,
    );
    expect(lateMs).toBeGreaterThanOrEqual(90_000);
    await listening.close();
  });

  it('are not said to be heard late because of what is told again', async () => {
    const publisher = new SnsChangePublisher(cloud.sns, cloud.topicArn);
    await publisher.publish('long ago');
    const publishedAt = clock.nowEpochMs();
    clock.aheadMs += 2 * MINUTE_MS;

    const { listening, reported, heard } = await listenReporting('l-', clock, publishedAt - 1000);
    await eventually(
      async () => heard,
      (bodies) => bodies.includes('long ago'),
    );
    await delay(100);

    expect(reported).toEqual([]);
    await listening.close();
  });
});

/** Looks often whether it is late. */
async function listenReporting(
  prefix: string,
  ownClock: MovableClock,
  since = ownClock.nowEpochMs(),
) {
  const reported: number[] = [];
  const heard: string[] = [];
  const care = { ...QUEUE_CARE, lookMs: 20 };
  const reports = { ...SILENT, onLate: (lateMs: number) => void reported.push(lateMs) };
  const listener = new QueueChangeListener(cloud, namesOf(prefix), ownClock, reports, care);
  const listening = await listener.listen(since, ({ body }) => void heard.push(body));
  return { listening, reported, heard };
}
