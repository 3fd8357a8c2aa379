import { setTimeout as delay } from 'node:timers/promises';
import type { FifoQueue } from './fifo-queue.js';
import { settingsOf } from './fifo-queue-settings.js';
import type { FifoQueues } from './fifo-queues.js';
import {
  pick,
  showMessage,
  textField,
  textList,
  unknownQueue,
  wholeNumber,
} from './queue-actions.js';
import { invalidParameter, SqsError } from './sqs-error.js';

export interface FifoContext {
  readonly queues: FifoQueues;
  /** Of every queue but its name. */
  readonly baseUrl: string;
  /** Aborted when the caller has gone: nothing may be delivered to nobody. */
  readonly signal: AbortSignal;
}

type Input = Readonly<Record<string, unknown>>;
type FifoAction = (input: Input, context: FifoContext) => object | Promise<object>;

const MOST_IN_A_BATCH = 10;
const MOST_LISTED = 1000;
/** A timed-out message becomes visible without anything arriving. */
const LOOK_AGAIN_MS = 500;

/** What is asked of no queue in particular. */
export const QUEUES_ACTIONS: ReadonlyMap<string, FifoAction> = new Map<string, FifoAction>([
  ['CreateQueue', createQueue],
  ['ListQueues', listQueues],
]);

/** What a queue of FifoQueues can be asked for, by the names of the SQS API. */
export const FIFO_ACTIONS: ReadonlyMap<string, FifoAction> = new Map<string, FifoAction>([
  ['DeleteQueue', deleteQueue],
  ['GetQueueAttributes', getQueueAttributes],
  ['SetQueueAttributes', setQueueAttributes],
  ['ReceiveMessage', receiveMessage],
  ['DeleteMessageBatch', deleteMessageBatch],
]);

/** Whether the request is about one of these queues. */
export function namesFifoQueue(input: Input, { baseUrl }: FifoContext): boolean {
  const url = input['QueueUrl'];
  return typeof url === 'string' && url.startsWith(baseUrl) && url.endsWith('.fifo');
}

function createQueue(input: Input, { queues, baseUrl }: FifoContext): object {
  if (input['tags'] !== undefined) {
    throw new SqsError(400, 'UnsupportedOperation', 'tags are not supported.');
  }
  const name = textField(input, 'QueueName');
  queues.create(name, membersOf(input, 'Attributes'));
  return { QueueUrl: `${baseUrl}${name}` };
}

function listQueues(input: Input, { queues, baseUrl }: FifoContext): object {
  const prefix = input['QueueNamePrefix'] ?? '';
  if (typeof prefix !== 'string') throw invalidParameter('QueueNamePrefix must be text.');
  const most = wholeNumber(input, 'MaxResults', [1, MOST_LISTED], MOST_LISTED);
  const names = queues.names(prefix);
  const after = input['NextToken'] === undefined ? '' : textField(input, 'NextToken');
  const from = names.findIndex((name) => name > after);
  const page = from < 0 ? [] : names.slice(from, from + most);
  const rest = from >= 0 && from + most < names.length;
  return {
    ...(page.length > 0 && { QueueUrls: page.map((name) => `${baseUrl}${name}`) }),
    ...(rest && input['MaxResults'] !== undefined && { NextToken: page.at(-1) }),
  };
}

function deleteQueue(input: Input, context: FifoContext): object {
  context.queues.delete(queueOf(input, context).name);
  return {};
}

function getQueueAttributes(input: Input, context: FifoContext): object {
  const queue = queueOf(input, context);
  const { visible, inFlight } = queue.depth();
  const { visibilitySeconds, retentionSeconds, policy, isEncrypted } = queue.settings;
  const known: Readonly<Record<string, string>> = {
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    ApproximateNumberOfMessagesDelayed: '0',
    CreatedTimestamp: seconds(queue.createdAtEpochMs),
    LastModifiedTimestamp: seconds(queue.modifiedAtEpochMs),
    QueueArn: context.queues.arnOf(queue.name),
    FifoQueue: 'true',
    VisibilityTimeout: String(visibilitySeconds),
    MessageRetentionPeriod: String(retentionSeconds),
    SqsManagedSseEnabled: String(isEncrypted),
    ...(policy !== '' && { Policy: policy }),
  };
  const names = textList(input, 'AttributeNames');
  const unknown = names.find((name) => name !== 'All' && name !== 'Policy' && !(name in known));
  if (unknown !== undefined) {
    throw new SqsError(400, 'InvalidAttributeName', `Unknown Attribute ${unknown}.`);
  }
  return { Attributes: pick(known, names) };
}

function setQueueAttributes(input: Input, context: FifoContext): object {
  const queue = queueOf(input, context);
  const attributes = membersOf(input, 'Attributes');
  if ('FifoQueue' in attributes) {
    throw new SqsError(400, 'InvalidAttributeName', 'FifoQueue cannot be changed.');
  }
  queue.change(settingsOf(attributes, queue.settings));
  return {};
}

async function receiveMessage(input: Input, context: FifoContext): Promise<object> {
  const maximum = wholeNumber(input, 'MaxNumberOfMessages', [1, 10], 1);
  const waitSeconds = wholeNumber(input, 'WaitTimeSeconds', [0, 20], 0);
  const queue = queueOf(input, context);
  const visibility = wholeNumber(
    input,
    'VisibilityTimeout',
    [0, 43_200],
    queue.settings.visibilitySeconds,
  );
  const shown = [
    ...textList(input, 'AttributeNames'),
    ...textList(input, 'MessageSystemAttributeNames'),
  ];
  const deadline = performance.now() + waitSeconds * 1000;
  while (!context.signal.aborted) {
    // A long poll of a queue that was deleted meanwhile ends.
    const messages = queueOf(input, context).receive(maximum, visibility);
    if (messages.length > 0) return { Messages: messages.map((each) => showMessage(each, shown)) };
    const leftMs = deadline - performance.now();
    if (leftMs <= 0) break;
    await waitFor(queue, Math.min(leftMs, LOOK_AGAIN_MS));
  }
  return {};
}

async function waitFor(queue: FifoQueue, ms: number): Promise<void> {
  const enough = new AbortController();
  const pause = delay(ms, undefined, { signal: enough.signal }).catch(() => undefined);
  await Promise.race([queue.arrived(), pause]);
  enough.abort();
}

function deleteMessageBatch(input: Input, context: FifoContext): object {
  const queue = queueOf(input, context);
  const entries = input['Entries'];
  if (!Array.isArray(entries) || entries.length === 0) {
    throw new SqsError(400, 'EmptyBatchRequest', 'There should be at least one entry.');
  }
  if (entries.length > MOST_IN_A_BATCH) {
    throw new SqsError(400, 'TooManyEntriesInBatchRequest', 'At most 10 entries are permitted.');
  }
  const parsed = entries.map((entry: unknown) => ({
    Id: textField({ ...Object(entry) }, 'Id'),
    receiptHandle: textField({ ...Object(entry) }, 'ReceiptHandle'),
  }));
  if (new Set(parsed.map(({ Id }) => Id)).size < parsed.length) {
    throw new SqsError(400, 'BatchEntryIdsNotDistinct', 'Two entries have the same Id.');
  }
  for (const { receiptHandle } of parsed) queue.delete(receiptHandle);
  return { Successful: parsed.map(({ Id }) => ({ Id })), Failed: [] };
}

function queueOf(input: Input, { queues, baseUrl }: FifoContext): FifoQueue {
  const url = textField(input, 'QueueUrl');
  const queue = url.startsWith(baseUrl) ? queues.find(url.slice(baseUrl.length)) : undefined;
  if (!queue) throw unknownQueue();
  return queue;
}

function membersOf(input: Input, name: string): Input {
  const value = input[name] ?? {};
  if (typeof value !== 'object' || value === null) throw invalidParameter(`${name} must be a map.`);
  return { ...value };
}

function seconds(epochMs: number): string {
  return String(Math.floor(epochMs / 1000));
}
