import { member } from '@sensorflow/platform/aws/json-member.js';
import type { FifoTopic } from './fifo-topic.js';
import { invalidParameter, SnsError } from './sns-error.js';

/** The parameters of a request in AWS's query protocol. */
export type Parameters = ReadonlyMap<string, string>;

/** Elements of an answer by name; a list becomes its `member`s. */
export interface Answer {
  readonly [name: string]: string | Answer | readonly Answer[];
}

type TopicAction = (parameters: Parameters, topic: FifoTopic) => Answer;

const MAX_MESSAGE_BYTES = 262_144;
const ID = /^[!-~]{1,128}$/;
const QUEUE_ARN = /^arn:aws:sqs:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,80}(\.fifo)?$/;
const SUBSCRIPTION_ATTRIBUTES: ReadonlySet<string> = new Set([
  'RawMessageDelivery',
  'ReplayPolicy',
]);

/** What the topic can be asked for, by the names of the SNS API. */
export const TOPIC_ACTIONS: ReadonlyMap<string, TopicAction> = new Map<string, TopicAction>([
  ['Publish', publish],
  ['Subscribe', subscribe],
  ['Unsubscribe', unsubscribe],
  ['ListSubscriptionsByTopic', listSubscriptions],
  ['GetTopicAttributes', getTopicAttributes],
]);

function publish(parameters: Parameters, topic: FifoTopic): Answer {
  refuseForeignTopic(parameters, topic);
  const body = parameters.get('Message') ?? '';
  if (body === '') throw invalidParameter('Empty message');
  if (Buffer.byteLength(body) > MAX_MESSAGE_BYTES) throw invalidParameter('Message too long');
  const unsupported = [...parameters.keys()].find((name) => !PUBLISHED.has(name));
  // Accepting attributes and dropping them would be a silent loss.
  if (unsupported !== undefined) throw unsupportedOperation(`${unsupported} is not supported.`);
  const group = idIn(parameters, 'MessageGroupId');
  const deduplicationId = idIn(parameters, 'MessageDeduplicationId');
  const { messageId, sequenceNumber } = topic.publish(body, group, deduplicationId);
  return { MessageId: messageId, SequenceNumber: sequenceNumber };
}

const PUBLISHED: ReadonlySet<string> = new Set([
  'Action',
  'Version',
  'TopicArn',
  'Message',
  'MessageGroupId',
  'MessageDeduplicationId',
]);

function idIn(parameters: Parameters, name: string): string {
  const id = parameters.get(name);
  if (id === undefined) {
    throw invalidParameter(`The ${name} parameter is required for FIFO topics`);
  }
  if (!ID.test(id)) throw invalidParameter(`${name} Reason: must be 1 to 128 characters`);
  return id;
}

function subscribe(parameters: Parameters, topic: FifoTopic): Answer {
  refuseForeignTopic(parameters, topic);
  if (parameters.get('Protocol') !== 'sqs') {
    throw invalidParameter('Protocol Reason: only sqs is supported here');
  }
  const endpoint = parameters.get('Endpoint') ?? '';
  if (!QUEUE_ARN.test(endpoint)) throw invalidParameter('SQS endpoint ARN');
  if (!endpoint.endsWith('.fifo')) {
    throw invalidParameter('Endpoint Reason: only FIFO queues are supported here');
  }
  const attributes = attributesIn(parameters);
  for (const name of attributes.keys()) {
    if (!SUBSCRIPTION_ATTRIBUTES.has(name)) throw invalidParameter(`Attributes Reason: ${name}`);
  }
  const raw = attributes.get('RawMessageDelivery') ?? 'false';
  if (raw !== 'true' && raw !== 'false') {
    throw invalidParameter('Attributes Reason: RawMessageDelivery: Invalid value.');
  }
  const since = replayedSince(attributes.get('ReplayPolicy'), topic);
  return { SubscriptionArn: topic.subscribe(endpoint, raw === 'true', since).arn };
}

/** `Attributes.entry.1.key` and `….value`, and so on. */
function attributesIn(parameters: Parameters): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (let index = 1; ; index += 1) {
    const name = parameters.get(`Attributes.entry.${index}.key`);
    if (name === undefined) return found;
    found.set(name, parameters.get(`Attributes.entry.${index}.value`) ?? '');
  }
}

function replayedSince(policy: string | undefined, topic: FifoTopic): number | undefined {
  if (policy === undefined) return undefined;
  const parsed = parsedJson(policy);
  const sinceEpochMs = Date.parse(String(member(parsed, 'StartingPoint')));
  if (member(parsed, 'PointType') !== 'Timestamp' || Number.isNaN(sinceEpochMs)) {
    throw invalidParameter('ReplayPolicy Reason: a Timestamp as StartingPoint is needed');
  }
  if (sinceEpochMs < topic.archiveBeginEpochMs) {
    throw invalidParameter('ReplayPolicy Reason: StartingPoint is before the archive begins');
  }
  return sinceEpochMs;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unsubscribe(parameters: Parameters, topic: FifoTopic): Answer {
  const arn = parameters.get('SubscriptionArn') ?? '';
  if (!arn.startsWith(`${topic.arn}:`)) {
    throw invalidParameter('SubscriptionArn Reason: An ARN must have at least 6 elements');
  }
  topic.unsubscribe(arn);
  return {};
}

function listSubscriptions(parameters: Parameters, topic: FifoTopic): Answer {
  refuseForeignTopic(parameters, topic);
  const Subscriptions = topic.all().map(({ arn, endpoint }) => ({
    SubscriptionArn: arn,
    Owner: '000000000000',
    Protocol: 'sqs',
    Endpoint: endpoint,
    TopicArn: topic.arn,
  }));
  return { Subscriptions };
}

function getTopicAttributes(parameters: Parameters, topic: FifoTopic): Answer {
  refuseForeignTopic(parameters, topic);
  const entry = (key: string, value: string) => ({ key, value });
  return {
    Attributes: {
      entry: [
        entry('TopicArn', topic.arn),
        entry('FifoTopic', 'true'),
        entry('BeginningArchiveTime', new Date(topic.archiveBeginEpochMs).toISOString()),
        entry('SubscriptionsConfirmed', String(topic.all().length)),
      ],
    },
  };
}

function refuseForeignTopic(parameters: Parameters, topic: FifoTopic): void {
  if (parameters.get('TopicArn') === topic.arn) return;
  throw new SnsError(404, 'NotFound', 'Topic does not exist');
}

export function unsupportedOperation(message: string): SnsError {
  return new SnsError(400, 'InvalidAction', message);
}
