import { NotFoundException } from '@nestjs/common';
import { problem, PROBLEM_CONTENT_TYPE } from '@sensorflow/platform/http/problem-details.js';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/**
 * Answers 405 with `Allow` where a path has routes, but none of the method that was sent: Fastify would
 * say that there is nothing. Call it before routes are registered, and after the hooks whose headers an answer needs.
 *
 * @param frontendOrigin whose preflights are answered; the CORS plugin has set their headers by then
 */
export function refuseOtherMethods(
  server: FastifyInstance,
  frontendOrigin: string | undefined,
): void {
  const routes = new RouteTable();
  server.addHook('onRequest', (request, reply, done) => {
    // The CORS plugin has a route for OPTIONS of every path.
    const isUnrouted = request.is404 || request.method === 'OPTIONS';
    const allowed = isUnrouted ? routes.methodsAt(pathOf(request)) : [];
    if (allowed.length > 0 && isPreflight(request, frontendOrigin)) void reply.code(204).send();
    else if (allowed.length > 0) sendMethodNotAllowed(request, reply, allowed);
    else done(isUnrouted ? new NotFoundException() : undefined);
  });
  server.addHook('onRoute', ({ method, url }) => {
    for (const name of [method].flat()) if (name !== 'OPTIONS') routes.add(name, url);
  });
}

function isPreflight({ method, headers }: FastifyRequest, origin: string | undefined): boolean {
  if (origin === undefined || headers.origin !== origin) return false;
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? '';
}

function sendMethodNotAllowed(
  request: FastifyRequest,
  reply: FastifyReply,
  allowed: readonly string[],
): void {
  const methods = allowed.join(', ');
  const detail = `This path takes ${methods}, not ${request.method}.`;
  void reply
    .status(405)
    .header('allow', methods)
    .header('content-type', PROBLEM_CONTENT_TYPE)
    .send(problem(405, 'method-not-allowed', detail, request.id));
}

/** Which methods each path has, in the words of Fastify's routes: `/sensor-data/:equipmentId`. */
export class RouteTable {
  private readonly methods = new Map<string, Set<string>>();

  add(method: string, url: string): void {
    const known = this.methods.get(url) ?? new Set();
    this.methods.set(url, known.add(method));
  }

  /** None for a path without routes. Of several routes that fit, those with the fewest parameters count. */
  methodsAt(path: string): readonly string[] {
    const fitting = [...this.methods].filter(([url]) => fits(url, path));
    const [closest] = fitting.toSorted(([a], [b]) => parametersIn(a) - parametersIn(b));
    return [...(closest?.[1] ?? [])].toSorted();
  }
}

function fits(url: string, path: string): boolean {
  const wanted = url.split('/');
  // One more than a route has is enough to tell that it does not fit.
  const given = path.split('/', wanted.length + 1);
  if (url.endsWith('/*')) return wanted.slice(0, -1).every((part, index) => part === given[index]);
  return (
    wanted.length === given.length &&
    wanted.every((part, index) => part === given[index] || (part.startsWith(':') && given[index]))
  );
}

function parametersIn(url: string): number {
  return url.split('/').filter((part) => part.startsWith(':') || part === '*').length;
}
