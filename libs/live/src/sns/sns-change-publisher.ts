import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import { orUnavailable } from '@sensorflow/platform/aws/or-unavailable.js';
import { createHash } from 'node:crypto';
import { ChangePublisher } from '../change-topic.js';

/** One group: the topic keeps all messages in one order. */
const MESSAGE_GROUP = 'live';

const OUTAGE = {
  code: 'live-unavailable',
  detail: 'The topic of live readings does not answer. Try again.',
  retryAfterSeconds: 5,
};

/** Publishes to a FIFO topic. */
export class SnsChangePublisher extends ChangePublisher {
  constructor(
    private readonly sns: SNSClient,
    private readonly topicArn: string,
  ) {
    super();
  }

  override async publish(body: string): Promise<void> {
    const command = new PublishCommand({
      TopicArn: this.topicArn,
      Message: body,
      MessageGroupId: MESSAGE_GROUP,
      MessageDeduplicationId: createHash('sha256').update(body).digest('hex'),
    });
    await orUnavailable(OUTAGE, () => this.sns.send(command));
  }
}
