import { SnsChangePublisher } from '@sensorflow/live/sns/sns-change-publisher.js';
import { createSnsClient } from '@sensorflow/platform/aws/aws-clients.js';
import { readLivePublisherEnvironment } from '@sensorflow/platform/config/environment.js';
import { createLogger } from '@sensorflow/platform/logging/logger.js';
import { throwingNames } from '@sensorflow/platform/logging/throwing-names.js';
import { liveBatchHandler } from './live-batch-handler.js';

// Composed once per container; Lambda keeps it, with its connections, for later batches.
const environment = readLivePublisherEnvironment(process.env);
const publisher = new SnsChangePublisher(
  createSnsClient(environment.AWS_REGION),
  environment.LIVE_TOPIC_ARN,
);

/** Readings' stream → topic of live readings. */
export const handler = throwingNames(
  liveBatchHandler(publisher, createLogger(environment.LOG_LEVEL)),
);
