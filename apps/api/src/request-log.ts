import { costOf } from '@sensorflow/platform/http/request-budget.js';
import { LogController, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Logger } from 'pino';

/** One line a request, when it has been answered. */
export class RequestLog extends LogController {
  private readonly lines: Logger;

  constructor(logger: Logger) {
    super();
    // Looking for secrets costs more than the rest of a line, and nothing in these could be one.
    this.lines = logger.child({}, { redact: [] });
  }

  override incomingRequest(): void {}

  override requestCompleted(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    if (error) request.log.warn({ ...lineOf(request, reply), err: error }, 'request aborted');
    else if (this.lines.isLevelEnabled('info')) this.lines.info(lineOf(request, reply), 'request');
  }

  /** The problem filter logs what deserves it. */
  override defaultErrorLog(): void {}
}

function lineOf(request: FastifyRequest, reply: FastifyReply) {
  return {
    requestId: request.id,
    method: request.method,
    // Without the query: whatever a caller puts there by mistake stays out of the log.
    path: request.url.split('?', 1)[0],
    status: reply.statusCode,
    durationMs: Math.round(reply.elapsedTime),
    ...costOf(request),
  };
}
