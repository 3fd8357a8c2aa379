import {
  ChangeMessageVisibilityCommand,
  GetQueueAttributesCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { orUnavailable } from '@sensorflow/platform/aws/or-unavailable.js';
import { ImportQueue } from '../job/import-queue.js';

const OUTAGE = { code: 'queue-unavailable', detail: 'The queue does not answer.' };

/** Messages that came, and imports that wait for a slot of their caller. */
const WAITING = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesDelayed'] as const;

/** Continuations on the queue that also carries S3's events. */
export class SqsImportQueue extends ImportQueue {
  constructor(
    private readonly sqs: SQSClient,
    private readonly queueUrl: string,
  ) {
    super();
  }

  override async continueImport(uploadId: string, delaySeconds = 0): Promise<void> {
    const MessageBody = JSON.stringify({ continueImport: uploadId });
    const command = new SendMessageCommand({
      QueueUrl: this.queueUrl,
      MessageBody,
      DelaySeconds: delaySeconds,
    });
    await orUnavailable(OUTAGE, () => this.sqs.send(command));
  }

  override async hasWaiting(): Promise<boolean> {
    const command = new GetQueueAttributesCommand({
      QueueUrl: this.queueUrl,
      AttributeNames: [...WAITING],
    });
    const { Attributes } = await orUnavailable(OUTAGE, () => this.sqs.send(command));
    return WAITING.some((name) => Number(Attributes?.[name] ?? 0) > 0);
  }

  override async retryAfter(receiptHandle: string, seconds: number): Promise<void> {
    const command = new ChangeMessageVisibilityCommand({
      QueueUrl: this.queueUrl,
      ReceiptHandle: receiptHandle,
      VisibilityTimeout: seconds,
    });
    await orUnavailable(OUTAGE, () => this.sqs.send(command));
  }
}
