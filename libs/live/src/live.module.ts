import { Logger, Module, type DynamicModule, type OnModuleDestroy } from '@nestjs/common';
import { LimitedConnections } from '@sensorflow/auth';
import { SystemClock } from '@sensorflow/kernel';
import {
  createLongPollingSqsClient,
  createSnsClient,
} from '@sensorflow/platform/aws/aws-clients.js';
import { errorNames } from '@sensorflow/platform/logging/loggable-error.js';
import { setTimeout as delay } from 'node:timers/promises';
import type { Topic } from './heard-messages.js';
import { LiveController } from './http/live.controller.js';
import { LiveFeeds } from './live-feeds.js';
import { QueueChangeListener } from './sns/queue-change-listener.js';
import type { TopicNames } from './sns/queues-of-topic.js';
import { SnsChangePublisher } from './sns/sns-change-publisher.js';

const MOST_DRAIN_MS = 2_000;

export interface LiveOptions {
  readonly region: string;
  /** Undefined where live is not set up: its route answers 503. */
  readonly topic: TopicNames | undefined;
  /** Told once a minute while what this process hears of the topic is so late. */
  readonly onLate: (lateMs: number) => void;
  /** The module that exports AccessRecheck and LimitedConnections. */
  readonly auth: DynamicModule;
}

/** Live feeds over HTTP, fed by a topic. */
@Module({})
export class LiveModule implements OnModuleDestroy {
  constructor(private readonly feeds: LiveFeeds) {}

  /** Before the server stops listening: it would wait for feeds, which do not end by themselves. */
  async onModuleDestroy(): Promise<void> {
    // A topic that is out must not hold up the end of the process: another one removes the queue.
    await Promise.race([this.feeds.drain(), delay(MOST_DRAIN_MS, undefined, { ref: false })]);
  }

  static register({ region, topic, onLate, auth }: LiveOptions): DynamicModule {
    const clock = new SystemClock();
    const useFactory = (connections: LimitedConnections) =>
      new LiveFeeds(topic && topicOf(region, topic, clock, onLate), connections, clock);
    return {
      module: LiveModule,
      imports: [auth],
      controllers: [LiveController],
      providers: [{ provide: LiveFeeds, inject: [LimitedConnections], useFactory }],
      exports: [LiveFeeds],
    };
  }
}

function topicOf(
  region: string,
  names: TopicNames,
  clock: SystemClock,
  onLate: LiveOptions['onLate'],
): Topic {
  const clients = { sns: createSnsClient(region), sqs: createLongPollingSqsClient(region) };
  const logger = new Logger('Live');
  return {
    publisher: new SnsChangePublisher(clients.sns, names.topicArn),
    listener: new QueueChangeListener(clients, names, clock, {
      onTrouble: (what, error) => logger.warn(`${what}: ${errorNames(error)}`),
      onLate,
    }),
    onUnreadable: (error) => logger.error(`a message cannot be read: ${errorNames(error)}`),
  };
}
