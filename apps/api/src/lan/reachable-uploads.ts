import type { FastifyInstance } from 'fastify';
import type { ReachableOrigin } from './reachable-origin.js';

/** The members of an import's views that name the bucket. */
const MEMBERS: ReadonlySet<string> = new Set(['url', 'curl', 'errorReportUrl']);

/**
 * Has presigned URLs begin with the address that the caller used, where we pass them on to S3. What is signed is the
 * address that S3 knows of itself, and stays so.
 *
 * @param s3Url as it stands in presigned URLs: `http://127.0.0.1:<port>`
 */
export function showReachableUploads(
  server: FastifyInstance,
  s3Url: string,
  origin: ReachableOrigin,
): void {
  const from = `${new URL(s3Url).origin}/`;
  server.addHook('preSerialization', (request, _reply, payload, done) => {
    if (request.routeOptions.url?.startsWith('/sensor-data/upload') !== true) done(null, payload);
    else done(null, moved(payload, from, `${origin.sameAs(request.headers.host)}/`));
  });
}

function moved(view: unknown, from: string, to: string): unknown {
  if (typeof view !== 'object' || view === null) return view;
  const changed: [string, unknown][] = Object.entries(view).map(([name, value]) => {
    if (name === 'items' && Array.isArray(value)) {
      return [name, value.map((item) => moved(item, from, to))];
    }
    const isUrl = MEMBERS.has(name) && typeof value === 'string';
    return [name, isUrl ? movedUrl(value, from, to) : value];
  });
  return Object.fromEntries(changed);
}

/** In a command the URL comes last: a file's name that holds one before it stays as it is. */
function movedUrl(text: string, from: string, to: string): string {
  const at = text.lastIndexOf(from);
  return at < 0 ? text : text.slice(0, at) + to + text.slice(at + from.length);
}
