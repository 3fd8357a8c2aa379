import { NotFoundException } from '@nestjs/common';
import { problem, PROBLEM_CONTENT_TYPE } from '@sensorflow/platform/http/problem-details.js';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import findMyWay from 'find-my-way';

const NO_METHODS: ReadonlySet<string> = new Set();

/**
 * Answers 405 with `Allow` where a path has routes, but none of the method that was sent: Fastify would say
 * that there is nothing, or take the path's fixed words for parameters of another route. Call it before routes
 * are registered, and after the hooks whose headers an answer needs.
 *
 * @param frontendOrigin whose preflights are answered; the CORS plugin has set their headers by then
 */
export function refuseOtherMethods(
  server: FastifyInstance,
  frontendOrigin: string | undefined,
): void {
  const routes = new RouteTable();
  server.addHook('onRequest', (request, reply, done) => {
    const allowed = routes.methodsAt(request.url);
    if (allowed.has(request.method)) done();
    else if (allowed.size === 0) done(new NotFoundException());
    else if (isPreflight(request, frontendOrigin)) void reply.code(204).send();
    else sendMethodNotAllowed(request, reply, allowed);
  });
  server.addHook('onRoute', ({ method, url }) => {
    // The CORS plugin has a route for OPTIONS of every path.
    for (const name of [method].flat()) if (name !== 'OPTIONS') routes.add(name, url);
  });
}

function isPreflight({ method, headers }: FastifyRequest, origin: string | undefined): boolean {
  if (origin === undefined || headers.origin !== origin) return false;
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
}

function sendMethodNotAllowed(
  request: FastifyRequest,
  reply: FastifyReply,
  allowed: ReadonlySet<string>,
): void {
  const methods = [...allowed].toSorted().join(', ');
  const detail = `This path takes ${methods}, not ${request.method}.`;
  void reply
    .status(405)
    .header('allow', methods)
    .header('content-type', PROBLEM_CONTENT_TYPE)
    .send(problem(405, 'method-not-allowed', detail, request.id));
}

/**
 * Which methods each path has, whichever of its routes has them. Of several routes that fit a path, the
 * one with fixed words counts, found as Fastify finds it, so that `/sensor-data/batch` is never an equipment.
 */
export class RouteTable {
  // Fastify refuses what is too long.
  private readonly router = findMyWay({ maxParamLength: Number.MAX_SAFE_INTEGER });
  private readonly methods = new Map<string, Set<string>>();

  /** @param url in the words of Fastify's routes: `/sensor-data/:equipmentId` */
  add(method: string, url: string): void {
    const known = this.methods.get(url);
    if (!known) this.router.on('GET', url, () => undefined, url);
    this.methods.set(url, (known ?? new Set()).add(method));
  }

  /** None for a path without routes, and for `*`, which is none. A query behind the path does not matter. */
  methodsAt(path: string): ReadonlySet<string> {
    const url: unknown = path === '*' ? undefined : this.router.find('GET', path)?.store;
    return this.methods.get(String(url)) ?? NO_METHODS;
  }
}
