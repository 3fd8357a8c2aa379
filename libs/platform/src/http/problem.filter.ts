import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { DomainError } from '@sensorflow/kernel';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  problem,
  problemOf,
  PROBLEM_CONTENT_TYPE,
  type ProblemDocument,
} from './problem-details.js';

/** Turns every error into problem+json; the only place that knows both errors and HTTP statuses. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    sendProblem(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }
}

/** Also used where Fastify fails before Nest takes over. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const document = describe(error, request.id);
  if (document.status === 500) request.log.error({ err: error }, 'request failed');
  else if (document.status >= 503) request.log.warn({ err: error }, 'request refused');
  if (error instanceof DomainError && error.retryAfterSeconds !== undefined) {
    void reply.header('retry-after', String(error.retryAfterSeconds));
  }
  void reply.status(document.status).header('content-type', PROBLEM_CONTENT_TYPE).send(document);
}

function describe(error: unknown, requestId: string): ProblemDocument {
  if (error instanceof DomainError) return problemOf(error, requestId);
  if (error instanceof HttpException) return fromNest(error, requestId);
  return fromFastify(error, requestId) ?? internalError(requestId);
}

function internalError(requestId: string): ProblemDocument {
  return problem(500, 'internal-error', 'Something went wrong on our side.', requestId);
}

function fromNest(error: HttpException, requestId: string): ProblemDocument {
  const status = error.getStatus();
  if (status === 404) {
    return problem(404, 'route-not-found', 'There is no such route.', requestId);
  }
  return status < 500
    ? problem(status, 'request-refused', 'The request was refused.', requestId)
    : internalError(requestId);
}

/** What Fastify itself refuses, by its stable error code. */
const FASTIFY_FAULTS: Readonly<Record<string, readonly [number, string, string]>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    415,
    'content-type-unsupported',
    'This Content-Type is not accepted here.',
  ],
  FST_ERR_CTP_BODY_TOO_LARGE: [413, 'body-too-large', 'The body is larger than this route takes.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    400,
    'content-length-mismatch',
    'The body does not have the length that Content-Length says.',
  ],
  FST_ERR_CTP_EMPTY_JSON_BODY: [400, 'body-missing', 'A body is needed here.'],
  FST_ERR_BAD_URL: [400, 'url-malformed', 'The URL is not properly percent-encoded.'],
  FST_ERR_MAX_LIMIT: [414, 'url-too-long', 'The URL is too long.'],
};

function fromFastify(error: unknown, requestId: string): ProblemDocument | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') {
    return undefined;
  }
  const fault = FASTIFY_FAULTS[error.code];
  if (fault) return problem(...fault, requestId);
  const status = 'statusCode' in error ? error.statusCode : undefined;
  const refused = error.code.startsWith('FST_') && typeof status === 'number' && status < 500;
  return refused
    ? problem(status, 'request-refused', 'The request was refused.', requestId)
    : undefined;
}
