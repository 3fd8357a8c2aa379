import { SystemClock } from '@sensorflow/kernel';
import type {
  ChangeListener,
  ChangePublisher,
  Listening,
  TopicMessage,
} from '@sensorflow/live/change-topic.js';
import { QueueChangeListener } from '@sensorflow/live/sns/queue-change-listener.js';
import { SnsChangePublisher } from '@sensorflow/live/sns/sns-change-publisher.js';
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/api-client.js';
import { startEmbeddedTopic, type EmbeddedTopic } from '../support/embedded-topic.js';
import { InMemoryChangeTopic } from '../support/in-memory-change-topic.js';

interface Topic {
  readonly publisher: ChangePublisher;
  readonly listener: () => ChangeListener;
}

const clock = new SystemClock();
let embedded: EmbeddedTopic;
const open: Listening[] = [];

beforeAll(async () => {
  embedded = await startEmbeddedTopic();
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((listening) => listening.close()));
});

afterAll(async () => {
  await embedded.close();
});

const MAKERS: Readonly<Record<string, () => Topic>> = {
  'in memory': () => {
    const topic = new InMemoryChangeTopic(clock);
    return { publisher: topic, listener: () => topic.listener() };
  },
  'of SNS and SQS': () => {
    const { sns, sqs, topicArn } = embedded;
    const names = { topicArn, queuePrefix: 'contract-' };
    const reports = {
      onTrouble: (what: string, error: unknown) => {
        throw new Error(what, { cause: error });
      },
      onLate: (lateMs: number) => {
        throw new Error(`${lateMs} ms late`);
      },
    };
    return {
      publisher: new SnsChangePublisher(sns, topicArn),
      listener: () => new QueueChangeListener({ sns, sqs }, names, clock, reports),
    };
  },
};

describe.each(Object.entries(MAKERS))('a topic %s', (_name, make) => {
  async function listen(
    { listener }: Topic,
    since = clock.nowEpochMs(),
  ): Promise<readonly TopicMessage[]> {
    const heard: TopicMessage[] = [];
    open.push(await listener().listen(since, (message) => heard.push(message)));
    return heard;
  }

  const bodies = () => Array.from({ length: 30 }, () => randomUUID());

  async function publishAll({ publisher }: Topic, texts: readonly string[]): Promise<void> {
    for (const text of texts) await publisher.publish(text);
  }

  it('tells every listener all, under the same ids and in the order of publication', async () => {
    const topic = make();
    const [one, other] = [await listen(topic), await listen(topic)];
    const texts = bodies();

    await publishAll(topic, texts);

    await eventually(
      async () => [one, other],
      (all) => all.every(({ length }) => length === texts.length),
    );
    expect(one.map(({ body }) => body)).toEqual(texts);
    expect(other).toEqual(one);
    expect(new Set(one.map(({ id }) => id)).size).toBe(texts.length);
  });

  it('tells a new listener what was published since an instant, and then what comes', async () => {
    const topic = make();
    const [before, after, later] = [bodies(), bodies(), bodies()];
    await publishAll(topic, before);
    await clock.sleep(5);
    const since = clock.nowEpochMs();
    await publishAll(topic, after);

    const heard = await listen(topic, since);
    await publishAll(topic, later);

    const expected = [...after, ...later];
    await eventually(
      async () => heard,
      ({ length }) => length >= expected.length,
    );
    expect(heard.map(({ body }) => body)).toEqual(expected);
    expect(heard.every(({ publishedAtEpochMs }) => publishedAtEpochMs >= since)).toBe(true);
  });

  it('tells a message that is published again once', async () => {
    const topic = make();
    const heard = await listen(topic);
    const [first = '', second = ''] = bodies();

    await publishAll(topic, [first, first, second]);

    await eventually(
      async () => heard,
      (messages) => messages.some(({ body }) => body === second),
    );
    expect(heard.map(({ body }) => body)).toEqual([first, second]);
  });

  it('tells a listener that was closed nothing more', async () => {
    const topic = make();
    const heard: TopicMessage[] = [];
    const closed = await topic
      .listener()
      .listen(clock.nowEpochMs(), (message) => heard.push(message));
    const other = await listen(topic);
    await closed.close();

    await topic.publisher.publish(randomUUID());

    await eventually(
      async () => other,
      ({ length }) => length === 1,
    );
    expect(heard).toEqual([]);
  });
});

describe('a topic of SNS and SQS', () => {
  it('has no queue and no subscription after the last listener has left', async () => {
    const { publisher, listener } = MAKERS['of SNS and SQS']?.() ?? {};
    const listening = await listener?.().listen(clock.nowEpochMs(), () => undefined);
    await publisher?.publish(randomUUID());
    expect(embedded.queues.names('contract-')).toHaveLength(1);

    await listening?.close();

    expect(embedded.queues.names('contract-')).toEqual([]);
  });
});
