import { DomainError } from '@sensorflow/kernel';
import { problem, PROBLEM_CONTENT_TYPE } from '@sensorflow/platform/http/problem-details.js';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  Agent,
  request as requestByHttp,
  type ClientRequest,
  type IncomingMessage,
} from 'node:http';
import { pipeline } from 'node:stream';

export interface ForwardingLimits {
  readonly mostAtOnce: number;
  /** 0 for requests without a body. */
  readonly maxBodyBytes: number;
  /** From the request to the end of its answer. */
  readonly deadlineMs: number;
  /** Without a byte in either direction. */
  readonly silenceMs: number;
}

const ANSWER_HEADERS = [
  'accept-ranges',
  'content-disposition',
  'content-length',
  'content-range',
  'content-type',
  'etag',
  'last-modified',
  'x-amz-request-id',
];
const BUSY_SECONDS = 2;

/**
 * Passes requests on to one service of this machine, piece by piece. Which requests is the caller's to say; where they
 * go is fixed, and of their headers only those that are named go along: never a cookie, never a Host.
 */
export class ForwardedCalls {
  private readonly agent: Agent;
  private underWay = 0;

  /** @param service `http://127.0.0.1:<port>` */
  constructor(
    private readonly service: URL,
    private readonly requestHeaders: readonly string[],
    private readonly limits: ForwardingLimits,
  ) {
    this.agent = new Agent({ keepAlive: true, maxSockets: limits.mostAtOnce });
  }

  /**
   * Answers with what the service answers, or 408 when the client falls silent. Throws DomainError for what is too many
   * or too large, and when the service does not answer.
   *
   * @param path of the service, with its query
   */
  async forward(request: FastifyRequest, reply: FastifyReply, path: string): Promise<FastifyReply> {
    this.assertSize(request);
    if (this.underWay >= this.limits.mostAtOnce) throw tooMany();
    this.underWay += 1;
    reply.raw.once('close', () => {
      this.underWay -= 1;
    });
    try {
      const answer = await this.answerTo(request, reply, path);
      for (const name of ANSWER_HEADERS) {
        const value = answer.headers[name];
        if (value !== undefined) void reply.header(name, value);
      }
      return await reply.status(answer.statusCode ?? 502).send(answer);
    } catch (error) {
      if (error instanceof LateError && !request.raw.complete) return sendTimeout(request, reply);
      throw error instanceof DomainError ? error : unavailable(error);
    }
  }

  private assertSize({ headers }: FastifyRequest): void {
    const { maxBodyBytes } = this.limits;
    if (maxBodyBytes === 0) return;
    const length = headers['content-length'];
    if (length === undefined || headers['transfer-encoding'] !== undefined) {
      const detail = 'Send the body with Content-Length, not in chunks.';
      throw new DomainError('invalid', 'content-length-missing', detail);
    }
    if (Number(length) <= maxBodyBytes) return;
    const detail = `The body has ${length} bytes; at most ${maxBodyBytes} are taken.`;
    throw new DomainError('too-large', 'body-too-large', detail);
  }

  private answerTo(
    request: FastifyRequest,
    reply: FastifyReply,
    path: string,
  ): Promise<IncomingMessage> {
    const outgoing = this.open(request, path);
    const giveUp = (): void => void outgoing.destroy(new LateError());
    const deadline = setTimeout(giveUp, this.limits.deadlineMs);
    outgoing.once('timeout', giveUp);
    reply.raw.once('close', () => {
      clearTimeout(deadline);
      if (!reply.raw.writableFinished) outgoing.destroy();
    });
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.once('response', resolve).on('error', reject);
    });
    // A service that refuses early stops reading; its answer says so.
    if (this.limits.maxBodyBytes > 0) pipeline(request.raw, outgoing, () => undefined);
    else outgoing.end();
    return answered;
  }

  private open(request: FastifyRequest, path: string): ClientRequest {
    const headers: Record<string, string> = {};
    for (const name of this.requestHeaders) {
      const value = request.headers[name];
      if (typeof value === 'string') headers[name] = value;
    }
    return requestByHttp({
      agent: this.agent,
      host: this.service.hostname,
      port: this.service.port,
      method: request.method,
      path,
      headers,
      timeout: this.limits.silenceMs,
    });
  }
}

class LateError extends Error {
  override readonly name = 'LateError';
}

/** What is still on its way belongs to no request: the connection ends behind the answer, also behind a refusal. */
export function closeUnlessArrived(server: FastifyInstance): void {
  server.addHook('onSend', (request, reply, _payload, done) => {
    if (!request.raw.complete) void reply.header('connection', 'close');
    done();
  });
}

function sendTimeout({ id }: FastifyRequest, reply: FastifyReply): FastifyReply {
  const detail = 'The body did not arrive in time.';
  return reply
    .status(408)
    .header('content-type', PROBLEM_CONTENT_TYPE)
    .send(problem(408, 'request-timeout', detail, id));
}

function tooMany(): DomainError {
  const detail = 'Too many of these are under way. Try again after the seconds in Retry-After.';
  return new DomainError('overloaded', 'overloaded', detail, { retryAfterSeconds: BUSY_SECONDS });
}

function unavailable(cause: unknown): DomainError {
  const detail = 'The service behind this address does not answer at the moment.';
  const details = { cause, retryAfterSeconds: BUSY_SECONDS };
  return new DomainError('unavailable', 'service-unavailable', detail, details);
}
