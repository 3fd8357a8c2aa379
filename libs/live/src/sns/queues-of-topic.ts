import {
  GetTopicAttributesCommand,
  ListSubscriptionsByTopicCommand,
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
    const queueArn = queueArnOf(this.names.topicArn, queueName);
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

  /** Says that somebody owns the queue: an attribute is another each time. */
  async touch({ queueUrl }: SubscribedQueue): Promise<void> {
    this.isOdd = !this.isOdd;
    const VisibilityTimeout = String(VISIBILITY_SECONDS + (this.isOdd ? 1 : 0));
    await this.clients.sqs.send(
      new SetQueueAttributesCommand({ QueueUrl: queueUrl, Attributes: { VisibilityTimeout } }),
    );
  }

  async remove({ queueUrl, subscriptionArn }: SubscribedQueue): Promise<void> {
    await this.clients.sns.send(new UnsubscribeCommand({ SubscriptionArn: subscriptionArn }));
    await this.deleteQueue(queueUrl);
  }

  /** Removes the queues of processes that ended without doing so. Answers how many. */
  async removeAbandoned(nowEpochMs: number): Promise<number> {
    const abandoned: string[] = [];
    for await (const queueUrl of this.queueUrls()) {
      if (await this.isAbandoned(queueUrl, nowEpochMs)) abandoned.push(queueUrl);
    }
    if (abandoned.length === 0) return 0;
    const subscriptions = await this.subscriptionsByEndpoint();
    for (const queueUrl of abandoned) {
      const queueName = queueUrl.slice(queueUrl.lastIndexOf('/') + 1);
      const subscriptionArn = subscriptions.get(queueArnOf(this.names.topicArn, queueName));
      if (subscriptionArn !== undefined) await this.remove({ queueUrl, subscriptionArn });
      else await this.deleteQueue(queueUrl);
    }
    return abandoned.length;
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

  /** Another process may have removed it meanwhile. */
  private async isAbandoned(queueUrl: string, nowEpochMs: number): Promise<boolean> {
    const answer = await unlessGone(
      this.clients.sqs.send(
        new GetQueueAttributesCommand({
          QueueUrl: queueUrl,
          AttributeNames: ['LastModifiedTimestamp'],
        }),
      ),
    );
    const touchedAt = Number(answer?.Attributes?.['LastModifiedTimestamp'] ?? Number.NaN);
    return nowEpochMs / 1000 - touchedAt > ABANDONED_AFTER_SECONDS;
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

/** In the account and Region of the topic. */
function queueArnOf(topicArn: string, queueName: string): string {
  const [arn, partition, , region, account] = topicArn.split(':');
  return [arn, partition, 'sqs', region, account, queueName].join(':');
}

/** What is asked of a queue that another process has removed is done. */
async function unlessGone<T>(call: Promise<T>): Promise<T | undefined> {
  return call.catch((error: unknown) => {
    if (error instanceof QueueDoesNotExist) return undefined;
    throw error;
  });
}
