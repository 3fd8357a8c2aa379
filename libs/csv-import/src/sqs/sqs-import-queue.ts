import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { DomainError } from '@sensorflow/kernel';
import { ImportQueue } from '../import-queue.js';

/** Continuations on the queue that also carries S3's events. */
export class SqsImportQueue extends ImportQueue {
  constructor(
    private readonly sqs: SQSClient,
    private readonly queueUrl: string,
  ) {
    super();
  }

  override async continueImport(uploadId: string): Promise<void> {
    const MessageBody = JSON.stringify({ continueImport: uploadId });
    try {
      await this.sqs.send(new SendMessageCommand({ QueueUrl: this.queueUrl, MessageBody }));
    } catch (cause) {
      throw new DomainError('unavailable', 'queue-unavailable', 'The queue does not answer.', {
        cause,
      });
    }
  }
}
