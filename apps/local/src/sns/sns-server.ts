import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { SystemClock, type Clock } from '@sensorflow/kernel';
import { readAuthorization } from '../aws-signature/authorization.js';
import { readSignedRequest } from '../aws-signature/signed-request.js';
import { sha256Hex } from '../aws-signature/signing-key.js';
import { verifySignature, type Credentials } from '../aws-signature/verify-signature.js';
import { readSmallBody } from '../http/small-body.js';
import { startLoopbackServer, type RunningServer } from '../http/loopback-server.js';
import { answerXml, errorXml } from './answer-xml.js';
import { FifoTopic, type DeliverToQueue } from './fifo-topic.js';
import { SnsError, snsErrorOf } from './sns-error.js';
import { TOPIC_ACTIONS, unsupportedOperation, type Parameters } from './topic-actions.js';

const ACCOUNT_ID = '000000000000';
const API_VERSION = '2010-03-31';
const MAXIMUM_REQUEST_BYTES = 2 * 1_048_576;

export interface SnsServerOptions {
  /** 0 for a free one. */
  readonly port: number;
  readonly region: string;
  readonly credentials: Credentials;
  /** Ends in `.fifo`. */
  readonly topicName: string;
  readonly deliver: DeliverToQueue;
  readonly clock?: Clock;
  /** Told of faults that a client only sees as InternalError. */
  readonly onFault?: (error: unknown) => void;
}

export interface RunningTopicServer extends RunningServer {
  readonly topicArn: string;
}

/** The embedded SNS: one FIFO topic, in AWS's query protocol, for callers that prove themselves with SigV4. */
export async function startSnsServer(options: SnsServerOptions): Promise<RunningTopicServer> {
  const clock = options.clock ?? new SystemClock();
  const topicArn = `arn:aws:sns:${options.region}:${ACCOUNT_ID}:${options.topicName}`;
  const topic = new FifoTopic(topicArn, options.deliver, clock);
  const server = await startLoopbackServer({ on: options.port }, (request, response) =>
    answer(request, response, topic, options, clock),
  );
  return { ...server, topicArn };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  topic: FifoTopic,
  options: SnsServerOptions,
  clock: Clock,
): Promise<void> {
  try {
    const parameters = await authenticatedParameters(request, response, options, clock);
    const name = parameters.get('Action') ?? '';
    const action = TOPIC_ACTIONS.get(name);
    if (!action || parameters.get('Version') !== API_VERSION) {
      throw unsupportedOperation(`Could not find operation ${name} for version ${API_VERSION}`);
    }
    send(response, 200, answerXml(name, action(parameters, topic)));
  } catch (error) {
    const known = snsErrorOf(error);
    if (!known) options.onFault?.(error);
    const shown = known ?? new SnsError(500, 'InternalError', 'The request failed internally.');
    send(response, shown.status, errorXml(shown.code, shown.message));
  }
}

async function authenticatedParameters(
  request: IncomingMessage,
  response: ServerResponse,
  options: SnsServerOptions,
  clock: Clock,
): Promise<Parameters> {
  const signed = readSignedRequest(request);
  const authorization = readAuthorization(signed);
  if (request.headers.expect !== undefined) response.writeContinue();
  const body = await readSmallBody(request, MAXIMUM_REQUEST_BYTES);
  if (!body) throw new SnsError(413, 'RequestEntityTooLarge', 'The request body is too large.');
  const { region, credentials } = options;
  const policy = { service: 'sns', region, credentials } as const;
  verifySignature(signed, authorization, sha256Hex(body), policy, clock.nowEpochMs());
  return new Map(new URLSearchParams(body.toString('utf8')));
}

function send(response: ServerResponse, status: number, xml: string): void {
  if (response.destroyed) return;
  response.writeHead(status, {
    'content-type': 'text/xml',
    'x-amzn-requestid': randomUUID(),
    // After a refusal the rest of a body may be unread.
    ...(status >= 400 && { connection: 'close' }),
  });
  response.end(xml);
}
