import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { MessageQueue, QueueMessage } from './message-queue.js';
import { invalidParameter, SqsError } from './sqs-error.js';

export interface QueueContext {
  readonly queue: MessageQueue;
  readonly queueName: string;
  readonly queueUrl: string;
  readonly defaultVisibilityTimeoutSeconds: number;
  /** Aborted when the caller has gone: nothing may be delivered to nobody. */
  readonly signal: AbortSignal;
}

type Input = Readonly<Record<string, unknown>>;
type QueueAction = (input: Input, context: QueueContext) => object | Promise<object>;

const POLL_INTERVAL_MS = 100;
/** SQS's limit since August 2025. */
const MAXIMUM_BODY_BYTES = 1_048_576;
const RECEIPT_HANDLE = /^[0-9a-f-]{36}\/[0-9a-f-]{36}$/;

/** What the queue can be asked for, by the names of the SQS API. */
export const QUEUE_ACTIONS: ReadonlyMap<string, QueueAction> = new Map<string, QueueAction>([
  ['SendMessage', sendMessage],
  ['ReceiveMessage', receiveMessage],
  ['DeleteMessage', deleteMessage],
  ['ChangeMessageVisibility', changeMessageVisibility],
  ['GetQueueAttributes', getQueueAttributes],
  ['GetQueueUrl', getQueueUrl],
]);

function sendMessage(input: Input, context: QueueContext): object {
  refuseForeignQueue(input, context);
  const body = textField(input, 'MessageBody');
  if (Buffer.byteLength(body) > MAXIMUM_BODY_BYTES) {
    throw invalidParameter(`MessageBody must be at most ${MAXIMUM_BODY_BYTES} bytes.`);
  }
  // Accepting attributes and dropping them would be a silent loss.
  const unsupported = ['MessageAttributes', 'MessageSystemAttributes', 'MessageGroupId'].find(
    (name) => input[name] !== undefined,
  );
  if (unsupported !== undefined) {
    throw new SqsError(400, 'UnsupportedOperation', `${unsupported} is not supported.`);
  }
  const { messageId } = context.queue.send(body, wholeNumber(input, 'DelaySeconds', [0, 900], 0));
  return { MessageId: messageId, MD5OfMessageBody: md5Hex(body) };
}

async function receiveMessage(input: Input, context: QueueContext): Promise<object> {
  refuseForeignQueue(input, context);
  const maximum = wholeNumber(input, 'MaxNumberOfMessages', [1, 10], 1);
  const waitSeconds = wholeNumber(input, 'WaitTimeSeconds', [0, 20], 0);
  const visibilityTimeoutSeconds = wholeNumber(
    input,
    'VisibilityTimeout',
    [0, 43_200],
    context.defaultVisibilityTimeoutSeconds,
  );
  const shown = [
    ...textList(input, 'AttributeNames'),
    ...textList(input, 'MessageSystemAttributeNames'),
  ];
  const deadline = performance.now() + waitSeconds * 1000;
  for (;;) {
    if (context.signal.aborted) return {};
    const messages = context.queue.receive(maximum, visibilityTimeoutSeconds);
    if (messages.length > 0) return { Messages: messages.map((each) => showMessage(each, shown)) };
    if (performance.now() >= deadline) return {};
    await delay(POLL_INTERVAL_MS);
  }
}

function deleteMessage(input: Input, context: QueueContext): object {
  refuseForeignQueue(input, context);
  // As in SQS, a receipt that is void by now is no error: the message is gone or is delivered again.
  context.queue.delete(receiptField(input));
  return {};
}

function changeMessageVisibility(input: Input, context: QueueContext): object {
  refuseForeignQueue(input, context);
  const receiptHandle = receiptField(input);
  const seconds = wholeNumber(input, 'VisibilityTimeout', [0, 43_200]);
  if (!context.queue.changeVisibility(receiptHandle, seconds)) {
    throw new SqsError(400, 'MessageNotInflight', 'The message referred to is not in flight.');
  }
  return {};
}

function getQueueAttributes(input: Input, context: QueueContext): object {
  refuseForeignQueue(input, context);
  const { visible, inFlight, delayed } = context.queue.depth();
  const known: Readonly<Record<string, string>> = {
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    VisibilityTimeout: String(context.defaultVisibilityTimeoutSeconds),
  };
  return { Attributes: pick(known, textList(input, 'AttributeNames')) };
}

function getQueueUrl(input: Input, context: QueueContext): object {
  if (textField(input, 'QueueName') !== context.queueName) throw unknownQueue();
  return { QueueUrl: context.queueUrl };
}

export function showMessage(message: QueueMessage, shown: readonly string[]): object {
  const attributes = pick(
    {
      ApproximateReceiveCount: String(message.receiveCount),
      SentTimestamp: String(message.sentAtEpochMs),
    },
    shown,
  );
  return {
    MessageId: message.messageId,
    ReceiptHandle: message.receiptHandle,
    Body: message.body,
    MD5OfBody: md5Hex(message.body),
    ...(Object.keys(attributes).length > 0 && { Attributes: attributes }),
  };
}

export function pick(known: Readonly<Record<string, string>>, names: readonly string[]): object {
  return Object.fromEntries(
    Object.entries(known).filter(([name]) => names.includes('All') || names.includes(name)),
  );
}

function refuseForeignQueue(input: Input, context: QueueContext): void {
  if (textField(input, 'QueueUrl') !== context.queueUrl) throw unknownQueue();
}

export function unknownQueue(): SqsError {
  return new SqsError(400, 'QueueDoesNotExist', 'The specified queue does not exist.');
}

function receiptField(input: Input): string {
  const receiptHandle = textField(input, 'ReceiptHandle');
  if (RECEIPT_HANDLE.test(receiptHandle)) return receiptHandle;
  throw new SqsError(400, 'ReceiptHandleIsInvalid', 'The input receipt handle is invalid.');
}

export function textField(input: Input, name: string): string {
  const value = input[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new SqsError(400, 'MissingParameter', `The request must contain the parameter ${name}.`);
}

export function textList(input: Input, name: string): readonly string[] {
  const value = input[name] ?? [];
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value;
  throw invalidParameter(`${name} must be a list of names.`);
}

export function wholeNumber(
  input: Input,
  name: string,
  [least, most]: readonly [number, number],
  otherwise?: number,
): number {
  const value = input[name] ?? otherwise;
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) {
    return value;
  }
  throw invalidParameter(`${name} must be ${least} to ${most}.`);
}

function md5Hex(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
