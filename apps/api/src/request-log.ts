import { LogController, type FastifyReply, type FastifyRequest } from 'fastify';

/** One line a request, when it has been answered. */
export class RequestLog extends LogController {
  constructor() {
    super({ requestIdLogLabel: 'requestId' });
  }

  override incomingRequest(): void {}

  override requestCompleted(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const line = {
      method: request.method,
      // Without the query: whatever a caller puts there by mistake stays out of the log.
      path: request.url.split('?', 1)[0],
      status: reply.statusCode,
      durationMs: Math.round(reply.elapsedTime),
    };
    if (error) request.log.warn({ ...line, err: error }, 'request broken off');
    else request.log.info(line, 'request');
  }

  /** The problem filter logs what deserves it. */
  override defaultErrorLog(): void {}
}
