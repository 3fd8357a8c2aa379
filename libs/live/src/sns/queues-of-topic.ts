import {
  GetTopicAttributesCommand,
  ListSubscriptionsByTopicCommand,
  NotFoundException,
  SubscribeCommand,
  UnsubscribeCommand,
  type SNSClient,
} from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ListQueuesCommand,
  QueueDoesNotExist,
  SetQueueAttributesCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { randomUUID } from 'node:crypto';

export interface TopicClients {
  readonly sns: SNSClient;
  readonly sqs: SQSClient;
}

export interface TopicNames {
  readonly topicArn: string;
  /** Queues whose names begin like this are those of the API's processes, and nobody else's. */
  readonly queuePrefix: string;
}

/** A queue on the topic, and what has to be given back. */
export interface SubscribedQueue {
  readonly queueUrl: string;
  readonly subscriptionArn: string;
}

/** What a process received and did not delete comes again so soon, and holds up what is behind it until then. */
const VISIBILITY_SECONDS = 10;
/** A process that hangs for longer asks the topic's archive. */
export const RETENTION_SECONDS = 300;
/** Nobody owns a queue that was not touched for so long. */
const ABANDONED_AFTER_SECONDS = 600;
const FIFO = '.fifo';

/** Makes and removes the queues of the API's processes on the topic. Throws the SDK's errors. */
export class QueuesOfTopic {
  private isOdd = false;

  constructor(
    private readonly clients: TopicClients,
    private readonly names: TopicNames,
  ) {}

  /** A queue of its own, which gets what was published since an instant, and then what comes. */
  async create(sinceEpochMs: number): Promise<SubscribedQueue> {
    const queueName = `${this.names.queuePrefix}${randomUUID()}${FIFO}`;
    const queueArn = this.arnOf(queueName);
    const { QueueUrl: queueUrl = '' } = await this.clients.sqs.send(
      new CreateQueueCommand({ QueueName: queueName, Attributes: this.attributesOf(queueArn) }),
    );
    try {
      return { queueUrl, subscriptionArn: await this.subscribe(queueArn, sinceEpochMs) };
    } catch (error) {
      await this.clients.sqs.send(new DeleteQueueCommand({ QueueUrl: queueUrl }));
      throw error;
    }
  }

  /** Encrypted, and open to the topic alone. */
  private attributesOf(queueArn: string) {
    const topicMaySend = {
      Effect: 'Allow',
      Principal: { Service: 'sns.amazonaws.com' },
      Action: 'sqs:SendMessage',
      Resource: queueArn,
      Condition: { ArnEquals: { 'aws:SourceArn': this.names.topicArn } },
    };
    return {
      FifoQueue: 'true',
      MessageRetentionPeriod: String(RETENTION_SECONDS),
      VisibilityTimeout: String(VISIBILITY_SECONDS),
      SqsManagedSseEnabled: 'true',
      Policy: JSON.stringify({ Version: '2012-10-17', Statement: [topicMaySend] }),
    };
  }

  private async subscribe(queueArn: string, sinceEpochMs: number): Promise<string> {
    const { topicArn } = this.names;
    const startingPoint = Math.max(sinceEpochMs, await this.archiveBegin());
    const ReplayPolicy = JSON.stringify({
      PointType: 'Timestamp',
      StartingPoint: new Date(startingPoint).toISOString(),
    });
    const { SubscriptionArn = '' } = await this.clients.sns.send(
      new SubscribeCommand({
        TopicArn: topicArn,
        Protocol: 'sqs',
        Endpoint: queueArn,
        Attributes: { ReplayPolicy },
        ReturnSubscriptionArn: true,
      }),
    );
    return SubscriptionArn;
  }

  /** A topic refuses to replay what is older than its archive. */
  private async archiveBegin(): Promise<number> {
    const { Attributes } = await this.clients.sns.send(
      new GetTopicAttributesCommand({ TopicArn: this.names.topicArn }),
    );
    return Date.parse(Attributes?.['BeginningArchiveTime'] ?? '') || 0;
  }

  /** In the account and Region of the topic. */
  private arnOf(queueName: string): string {
    const [arn, partition, , region, account] = this.names.topicArn.split(':');
    return [arn, partition, 'sqs', region, account, queueName].join(':');
  }

  /** Says that somebody owns the queue: an attribute is another each time. */
  async touch({ queueUrl }: SubscribedQueue): Promise<void> {
    this.isOdd = !this.isOdd;
    const VisibilityTimeout = String(VISIBILITY_SECONDS + (this.isOdd ? 1 : 0));
    await this.clients.sqs.send(
      new SetQueueAttributesCommand({ QueueUrl: queueUrl, Attributes: { VisibilityTimeout } }),
    );
  }

  /** Whether the topic still sends to it. */
  async isSubscribed({ subscriptionArn }: SubscribedQueue): Promise<boolean> {
    const subscriptions = await this.subscriptionsByEndpoint();
    return [...subscriptions.values()].includes(subscriptionArn);
  }

  async remove({ queueUrl, subscriptionArn }: SubscribedQueue): Promise<void> {
    await this.unsubscribe(subscriptionArn);
    await this.deleteQueue(queueUrl);
  }

  /**
   * Removes what processes left behind that ended without a word: their queues, and subscriptions whose queue has
   * gone, of which a topic takes a hundred. Answers how many.
   */
  async removeAbandoned(nowEpochMs: number): Promise<number> {
    // Before the queues: each is older than its subscription, so one that is missing then has gone.
    const subscriptions = await this.subscriptionsByEndpoint();
    const queueUrls = await Array.fromAsync(this.queueUrls());
    const orphans = await this.orphansOf(subscriptions, queueUrls);
    for (const subscriptionArn of orphans) await this.unsubscribe(subscriptionArn);
    let removed = orphans.length;
    for (const queueUrl of queueUrls) {
      if (!(await this.isAbandoned(queueUrl, nowEpochMs))) continue;
      const subscriptionArn = subscriptions.get(this.arnOf(nameOf(queueUrl)));
      if (subscriptionArn !== undefined) await this.unsubscribe(subscriptionArn);
      await this.deleteQueue(queueUrl);
      removed += 1;
    }
    return removed;
  }

  /** The list of queues can be a minute old: each of them is asked for itself. */
  private async orphansOf(
    subscriptions: ReadonlyMap<string, string>,
    queueUrls: readonly string[],
  ): Promise<readonly string[]> {
    const listed = new Set(queueUrls.map(nameOf));
    const [anyUrl] = queueUrls;
    if (anyUrl === undefined) return [];
    const orphans: string[] = [];
    for (const [endpoint, subscriptionArn] of subscriptions) {
      const name = endpoint.slice(endpoint.lastIndexOf(':') + 1);
      const isOurs = name.startsWith(this.names.queuePrefix) && endpoint === this.arnOf(name);
      if (!isOurs || listed.has(name)) continue;
      const isThere = await this.attributesAt(folderOf(anyUrl) + name);
      if (!isThere) orphans.push(subscriptionArn);
    }
    return orphans;
  }

  private async *queueUrls(): AsyncGenerator<string> {
    let NextToken: string | undefined;
    do {
      const page = await this.clients.sqs.send(
        new ListQueuesCommand({
          QueueNamePrefix: this.names.queuePrefix,
          MaxResults: 1000,
          ...(NextToken !== undefined && { NextToken }),
        }),
      );
      yield* page.QueueUrls ?? [];
      ({ NextToken } = page);
    } while (NextToken !== undefined);
  }

  private async deleteQueue(queueUrl: string): Promise<void> {
    await unlessGone(this.clients.sqs.send(new DeleteQueueCommand({ QueueUrl: queueUrl })));
  }

  private async unsubscribe(SubscriptionArn: string): Promise<void> {
    await unlessGone(this.clients.sns.send(new UnsubscribeCommand({ SubscriptionArn })));
  }

  /** Another process may have removed it meanwhile. */
  private async isAbandoned(queueUrl: string, nowEpochMs: number): Promise<boolean> {
    const attributes = await this.attributesAt(queueUrl);
    const touchedAt = Number(attributes?.['LastModifiedTimestamp'] ?? Number.NaN);
    return nowEpochMs / 1000 - touchedAt > ABANDONED_AFTER_SECONDS;
  }

  /** Undefined of a queue that is not there. */
  private async attributesAt(
    queueUrl: string,
  ): Promise<Readonly<Record<string, string>> | undefined> {
    const command = new GetQueueAttributesCommand({
      QueueUrl: queueUrl,
      AttributeNames: ['LastModifiedTimestamp'],
    });
    const answer = await unlessGone(this.clients.sqs.send(command));
    return answer && (answer.Attributes ?? {});
  }

  private async subscriptionsByEndpoint(): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>();
    let NextToken: string | undefined;
    do {
      const page = await this.clients.sns.send(
        new ListSubscriptionsByTopicCommand({
          TopicArn: this.names.topicArn,
          ...(NextToken !== undefined && { NextToken }),
        }),
      );
      for (const { Endpoint = '', SubscriptionArn = '' } of page.Subscriptions ?? []) {
        found.set(Endpoint, SubscriptionArn);
      }
      ({ NextToken } = page);
    } while (NextToken !== undefined);
    return found;
  }
}

function nameOf(queueUrl: string): string {
  return queueUrl.slice(folderOf(queueUrl).length);
}

/** Of all queues of the account and Region. */
function folderOf(queueUrl: string): string {
  return queueUrl.slice(0, queueUrl.lastIndexOf('/') + 1);
}

/** What is asked of a queue or a subscription that another process has removed is done. */
async function unlessGone<T>(call: Promise<T>): Promise<T | undefined> {
  return call.catch((error: unknown) => {
    if (error instanceof QueueDoesNotExist || error instanceof NotFoundException) return undefined;
    throw error;
  });
}
