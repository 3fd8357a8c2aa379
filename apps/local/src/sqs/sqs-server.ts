import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { SystemClock, type Clock } from '@sensorflow/kernel';
import { readAuthorization } from '../aws-signature/authorization.js';
import { readSignedRequest } from '../aws-signature/signed-request.js';
import { sha256Hex } from '../aws-signature/signing-key.js';
import { verifySignature, type Credentials } from '../aws-signature/verify-signature.js';
import { readSmallBody } from '../http/small-body.js';
import { startLoopbackServer, type RunningServer } from '../http/loopback-server.js';
import {
  FIFO_ACTIONS,
  namesFifoQueue,
  QUEUES_ACTIONS,
  type FifoContext,
} from './fifo-queue-actions.js';
import type { FifoQueues } from './fifo-queues.js';
import type { MessageQueue } from './message-queue.js';
import { QUEUE_ACTIONS, type QueueContext } from './queue-actions.js';
import { invalidParameter, SqsError, sqsErrorOf } from './sqs-error.js';

const ACCOUNT_ID = '000000000000';
const DEFAULT_VISIBILITY_TIMEOUT_SECONDS = 30;
const MAXIMUM_REQUEST_BYTES = 4 * 1_048_576;
const TARGET_PREFIX = 'AmazonSQS.';

export interface SqsServerOptions {
  readonly queue: MessageQueue;
  /** 0 for a free one. */
  readonly port: number;
  readonly region: string;
  readonly credentials: Credentials;
  /** `uploads` unless given. */
  readonly queueName?: string;
  /** For a ReceiveMessage that names none; 30 unless given. */
  readonly defaultVisibilityTimeoutSeconds?: number;
  readonly clock?: Clock;
  /** Queues that callers make; none can be made unless given. */
  readonly fifoQueues?: FifoQueues;
  /** Told of faults that a client only sees as InternalFailure. */
  readonly onFault?: (error: unknown) => void;
}

export interface RunningQueueServer extends RunningServer {
  /** `http://127.0.0.1:<port>/000000000000/<queueName>` */
  readonly queueUrl: string;
}

/** The embedded SQS: the queue of uploads and what callers make, in AWS JSON 1.0, for callers that prove themselves with SigV4. */
export async function startSqsServer(options: SqsServerOptions): Promise<RunningQueueServer> {
  const queuePath = `/${ACCOUNT_ID}/${options.queueName ?? 'uploads'}`;
  const server = await startLoopbackServer({ on: options.port }, (request, response) =>
    answer(request, response, options, queuePath),
  );
  return { ...server, queueUrl: `${server.url}${queuePath}` };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: SqsServerOptions,
  queuePath: string,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  try {
    const input = await authenticatedInput(request, response, options);
    const name = actionName(request);
    const { fifoQueues } = options;
    if (fifoQueues) {
      const baseUrl = `http://127.0.0.1:${request.socket.localPort}/${ACCOUNT_ID}/`;
      const fifo: FifoContext = { queues: fifoQueues, baseUrl, signal: gone.signal };
      const own = namesFifoQueue(input, fifo) ? FIFO_ACTIONS : QUEUES_ACTIONS;
      if (own === FIFO_ACTIONS || own.has(name)) {
        return send(response, 200, await supported(own.get(name))(input, fifo));
      }
    }
    const action = supported(QUEUE_ACTIONS.get(name));
    const context: QueueContext = {
      queue: options.queue,
      queueName: options.queueName ?? 'uploads',
      queueUrl: `http://127.0.0.1:${request.socket.localPort}${queuePath}`,
      defaultVisibilityTimeoutSeconds:
        options.defaultVisibilityTimeoutSeconds ?? DEFAULT_VISIBILITY_TIMEOUT_SECONDS,
      signal: gone.signal,
    };
    send(response, 200, await action(input, context));
  } catch (error) {
    const known = sqsErrorOf(error);
    if (!known) options.onFault?.(error);
    const shown = known ?? new SqsError(500, 'InternalFailure', 'The request failed internally.');
    send(response, shown.status, {
      __type: `com.amazonaws.sqs#${shown.code}`,
      message: shown.message,
    });
  }
}

function supported<Action>(action: Action | undefined): Action {
  if (action) return action;
  throw new SqsError(400, 'UnsupportedOperation', 'This action is not supported.');
}

function actionName(request: IncomingMessage): string {
  const target = request.headers['x-amz-target'];
  if (request.method !== 'POST' || typeof target !== 'string') return '';
  return target.startsWith(TARGET_PREFIX) ? target.slice(TARGET_PREFIX.length) : '';
}

async function authenticatedInput(
  request: IncomingMessage,
  response: ServerResponse,
  options: SqsServerOptions,
): Promise<Readonly<Record<string, unknown>>> {
  const signed = readSignedRequest(request);
  const authorization = readAuthorization(signed);
  if (request.headers.expect !== undefined) response.writeContinue();
  const body = await readSmallBody(request, MAXIMUM_REQUEST_BYTES);
  if (!body) throw new SqsError(413, 'RequestEntityTooLarge', 'The request body is too large.');
  const policy = {
    service: 'sqs',
    region: options.region,
    credentials: options.credentials,
  } as const;
  const now = (options.clock ?? new SystemClock()).nowEpochMs();
  verifySignature(signed, authorization, sha256Hex(body), policy, now);
  return parseInput(body);
}

function parseInput(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    const input: unknown = JSON.parse(body.toString('utf8'));
    if (typeof input === 'object' && input !== null && !Array.isArray(input)) return { ...input };
  } catch {
    throw invalidParameter('The request body is no JSON.');
  }
  throw invalidParameter('The request body must be a JSON object.');
}

function send(response: ServerResponse, status: number, body: object): void {
  if (response.destroyed) return;
  response.writeHead(status, {
    'content-type': 'application/x-amz-json-1.0',
    'x-amzn-requestid': randomUUID(),
    // After a refusal the rest of a body may be unread.
    ...(status >= 400 && { connection: 'close' }),
  });
  response.end(JSON.stringify(body));
}
