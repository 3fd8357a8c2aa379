import { nearestName } from '@sensorflow/kernel';
import { problem, PROBLEM_CONTENT_TYPE } from '@sensorflow/platform/http/problem-details.js';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import findMyWay from 'find-my-way';

const NO_METHODS: ReadonlySet<string> = new Set();

/**
 * Answers 405 with `Allow` where a path has routes, but none of the method that was sent: Fastify would say
 * that there is nothing, or take the path's fixed words for parameters of another route. Where a path has none, it
 * answers 404 with the path that is probably meant. Call it before routes
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
    else if (allowed.size === 0) sendNotFound(request, reply, routes.pathMeantBy(request.url));
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

function sendNotFound(
  request: FastifyRequest,
  reply: FastifyReply,
  meant: string | undefined,
): void {
  const guess = meant === undefined ? 'GET /openapi.json names all.' : `Did you mean ${meant}?`;
  void reply
    .status(404)
    .header('content-type', PROBLEM_CONTENT_TYPE)
    .send(problem(404, 'route-not-found', `There is no such route. ${guess}`, request.id));
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

  /** Empty for a path without routes and for `*`, which is not a path. A query is ignored. */
  methodsAt(path: string): ReadonlySet<string> {
    const found = path === '*' ? undefined : this.router.find('GET', path);
    // An empty parameter means a slash too many.
    if (found && found.params['*'] === undefined && Object.values(found.params).includes('')) {
      return NO_METHODS;
    }
    return this.methods.get(String(found?.store)) ?? NO_METHODS;
  }

  /** The same path without slashes at its end, or the path of fixed words that is nearest; undefined for none. */
  pathMeantBy(url: string): string | undefined {
    const [path = ''] = url.split(/[?#]/, 1);
    if (path.length > MAX_GUESSED_CHARACTERS) return undefined;
    const shorter = withoutSlashesBehind(path);
    if (shorter !== path && this.methodsAt(shorter).size > 0) return shorter;
    return nearestName(shorter, this.fixedPaths());
  }

  private fixedPaths(): readonly string[] {
    return [...this.methods.keys()].filter((url) => url.length > 1 && !/[:*]/.test(url));
  }
}

/** Longer paths are not typing errors. */
const MAX_GUESSED_CHARACTERS = 500;

function withoutSlashesBehind(path: string): string {
  let end = path.length;
  while (end > 1 && path[end - 1] === '/') end -= 1;
  return path.slice(0, end);
}
