import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SystemClock, type Clock } from '@sensorflow/kernel';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSnsServer } from '../../apps/local/src/sns/sns-server.js';
import { FifoQueues } from '../../apps/local/src/sqs/fifo-queues.js';
import { MessageQueue } from '../../apps/local/src/sqs/message-queue.js';
import { startSqsServer } from '../../apps/local/src/sqs/sqs-server.js';
import { openUploadsDatabase } from '../../apps/local/src/sqs/uploads-database.js';

const REGION = 'eu-central-1';
const CREDENTIALS = { accessKeyId: 'local-key', secretAccessKey: 'local-secret' };

export interface TopicAccess {
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

export interface EmbeddedTopic {
  readonly sns: SNSClient;
  readonly sqs: SQSClient;
  readonly snsUrl: string;
  readonly sqsUrl: string;
  /** Of the importer, which no test reads. */
  readonly uploadsQueueUrl: string;
  readonly topicArn: string;
  readonly queues: FifoQueues;
  close(): Promise<void>;
}

/** The embedded SNS and SQS, with clients of the AWS SDK. */
export async function startEmbeddedTopic(
  clock: Clock = new SystemClock(),
  { region, credentials }: TopicAccess = { region: REGION, credentials: CREDENTIALS },
): Promise<EmbeddedTopic> {
  const dataDir = mkdtempSync(join(tmpdir(), 'sensorflow-topic-'));
  const database = openUploadsDatabase(dataDir);
  const queues = new FifoQueues(region, clock);
  const shared = { port: 0, region, credentials };
  const sqsServer = await startSqsServer({
    ...shared,
    queue: new MessageQueue(database),
    fifoQueues: queues,
  });
  const snsServer = await startSnsServer({
    ...shared,
    topicName: 'live.fifo',
    deliver: (...delivery) => queues.deliver(...delivery),
    clock,
  });
  const client = { region, credentials };
  const sns = new SNSClient({ ...client, endpoint: snsServer.url });
  const sqs = new SQSClient({ ...client, endpoint: sqsServer.url });
  return {
    sns,
    sqs,
    snsUrl: snsServer.url,
    sqsUrl: sqsServer.url,
    uploadsQueueUrl: sqsServer.queueUrl,
    topicArn: snsServer.topicArn,
    queues,
    close: async () => {
      sns.destroy();
      sqs.destroy();
      await Promise.all([snsServer.close(), sqsServer.close()]);
      database.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
