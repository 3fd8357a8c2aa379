import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { DomainError } from '@sensorflow/kernel';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { acceptedEncodingsFor } from './content-encoding-unsupported.js';
import { contentTypeUnsupported } from './content-type-unsupported.js';
import {
  problem,
  problemOf,
  PROBLEM_CONTENT_TYPE,
  type ProblemDocument,
} from './problem-details.js';
import { endedWithItsClient, logClientGone } from './request-budget.js';

/** Turns every error into problem+json; the only place that knows both errors and HTTP statuses. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    if (endedWithItsClient(error, request)) logClientGone(request);
    else sendProblem(error, request, http.getResponse<FastifyReply>());
  }
}

/** Rights that were refused, until their requests are forgotten. */
const refusals = new WeakMap<FastifyRequest, DomainError>();

/** Why a request was answered with 403. */
export function refusalOf(request: FastifyRequest): DomainError | undefined {
  return refusals.get(request);
}

/** Also used where Fastify fails before Nest takes over. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  if (error instanceof DomainError && error.kind === 'forbidden') refusals.set(request, error);
  const document = describe(error, request);
  const line = { requestId: request.id, err: error };
  if (document.status === 500) request.log.error(line, 'request failed');
  else if (document.status >= 503) request.log.warn(line, 'request refused');
  if (error instanceof DomainError && error.retryAfterSeconds !== undefined) {
    void reply.header('retry-after', String(error.retryAfterSeconds));
  }
  const encodings = error instanceof DomainError ? acceptedEncodingsFor(error) : undefined;
  if (encodings !== undefined) void reply.header('accept-encoding', encodings);
  void reply.status(document.status).header('content-type', PROBLEM_CONTENT_TYPE).send(document);
}

function describe(error: unknown, request: FastifyRequest): ProblemDocument {
  if (error instanceof DomainError) return problemOf(error, request.id);
  return fromFramework(error, request);
}

function internalError(requestId: string): ProblemDocument {
  return problem(500, 'internal-error', 'Something went wrong on our side.', requestId);
}

/** What Nest and Fastify refuse before our code sees it: by Fastify's stable code, else by status. */
const FRAMEWORK_CODES: Readonly<Record<string, readonly [number, string, string]>> = {
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    400,
    'content-length-mismatch',
    'The body does not have the number of bytes that Content-Length says.',
  ],
  FST_ERR_BAD_URL: [400, 'url-malformed', 'The URL is not properly percent-encoded.'],
};

const FRAMEWORK_STATUSES: Readonly<Record<number, readonly [string, string]>> = {
  404: ['route-not-found', 'There is no such route.'],
  413: ['body-too-large', 'The body is larger than this route takes.'],
  414: ['url-too-long', 'The URL is too long.'],
};

function fromFramework(error: unknown, request: FastifyRequest): ProblemDocument {
  const requestId = request.id;
  const known = FRAMEWORK_CODES[codeOf(error) ?? ''];
  if (known) return problem(...known, requestId);
  const status = error instanceof HttpException ? error.getStatus() : statusIn(error);
  if (status === undefined || status >= 500) return internalError(requestId);
  if (status === 415) return problemOf(contentTypeUnsupported(request), requestId);
  const refusal = FRAMEWORK_STATUSES[status] ?? ['request-refused', 'The request was refused.'];
  return problem(status, ...refusal, requestId);
}

function codeOf(error: unknown): string | undefined {
  const hasCode = error instanceof Error && 'code' in error && typeof error.code === 'string';
  return hasCode ? String(error.code) : undefined;
}

/** Only Fastify's own errors speak of the request; another's status is about something else. */
function statusIn(error: unknown): number | undefined {
  if (codeOf(error)?.startsWith('FST_') !== true) return undefined;
  const hasStatus = error instanceof Error && 'statusCode' in error;
  return hasStatus && typeof error.statusCode === 'number' ? error.statusCode : undefined;
}
