import {
  ChangeMessageVisibilityCommand,
  GetQueueAttributesCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { DomainError } from '@sensorflow/kernel';
import { ImportQueue } from '../import-queue.js';

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
    await orUnavailable(() => this.sqs.send(command));
  }

  override async hasWaiting(): Promise<boolean> {
    const command = new GetQueueAttributesCommand({
      QueueUrl: this.queueUrl,
      AttributeNames: [...WAITING],
    });
    const { Attributes } = await orUnavailable(() => this.sqs.send(command));
    return WAITING.some((name) => Number(Attributes?.[name] ?? 0) > 0);
  }

  override async retryAfter(receiptHandle: string, seconds: number): Promise<void> {
    const command = new ChangeMessageVisibilityCommand({
      QueueUrl: this.queueUrl,
      ReceiptHandle: receiptHandle,
      VisibilityTimeout: seconds,
    });
    await orUnavailable(() => this.sqs.send(command));
  }
}

async function orUnavailable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new DomainError('unavailable', 'queue-unavailable', 'The queue does not answer.', {
      cause,
    });
  }
}
