import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { SystemClock, WorkBudget, type WorkCost, type WorkLimits } from '@sensorflow/kernel';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** A symbol, so that nothing in a request can take its place. */
const BUDGET = Symbol('budget');

interface CarriesBudget {
  [BUDGET]?: WorkBudget;
}

const CLOCK = new SystemClock();

/**
 * The budget of the request's work, as a handler's parameter: its `signal` aborts when the client goes,
 * and its cost stands in the request's log line. What the handler throws then is not answered.
 */
export const RequestBudget = createParamDecorator(
  (limits: WorkLimits | undefined, context: ExecutionContext): WorkBudget => {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest & CarriesBudget>();
    const { raw } = http.getResponse<FastifyReply>();
    return (request[BUDGET] ??= new WorkBudget(signalOf(request.raw, raw), CLOCK, limits));
  },
);

/** Aborts when the connection closes before the answer is out. Fastify's own aborts once a body is read. */
function signalOf({ socket }: IncomingMessage, response: ServerResponse): AbortSignal {
  // It may have closed before the handler's turn, while the session was checked or a body read.
  // Before it counts as destroyed, it no longer tells whose it was.
  if (socket.destroyed || socket.remoteAddress === undefined) return AbortSignal.abort();
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}

/** What the request has cost at the store; undefined when none of it was counted. */
export function costOf(request: object): WorkCost | undefined {
  const cost = budgetOf(request)?.cost;
  return cost?.storeCalls === 0 ? undefined : cost;
}

/** Whether the error only says that the client has disconnected. */
export function endedWithItsClient(error: unknown, request: object): boolean {
  const signal = budgetOf(request)?.signal;
  return signal?.aborted === true && error === signal.reason;
}

/** Logs a request whose client has disconnected: Fastify logs only requests that are answered. */
export function logClientGone(request: FastifyRequest): void {
  const [path] = request.url.split('?', 1);
  const { id: requestId, method } = request;
  request.log.info({ requestId, method, path, ...costOf(request) }, 'client gone');
}

function budgetOf(request: CarriesBudget): WorkBudget | undefined {
  return request[BUDGET];
}
