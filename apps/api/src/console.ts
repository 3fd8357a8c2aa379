import fastifyStatic from '@fastify/static';
import { NotFoundException } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** Beside dist/apps; missing where the API runs from its sources. */
const BUILT_CONSOLE = fileURLToPath(new URL('../../../console/', import.meta.url));
const PREFIX = '/console/';
/** Licences of all packages in the assets, as Vite found them. */
const LICENSES = 'licenses.md';
const SECONDS_PER_YEAR = 31_536_000;

/**
 * Nothing inline, and nothing of other hosts but the bucket of uploads. `data:` is for the arrows of form controls
 * alone.
 */
function policyWith(uploads: string): string {
  return [
    "default-src 'none'",
    "base-uri 'none'",
    `connect-src 'self' ${uploads}`,
    "font-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "img-src 'self' data:",
    "script-src 'self'",
    "style-src 'self'",
  ].join('; ');
}

/**
 * Serves the built console under /console/. Assets have a hash in their names and may be kept for ever; every
 * path without a file is a view of the page, which is asked for again each time.
 *
 * @param uploads where pages put uploads, as a source for their policy; asked for once
 * @param folder where the build is; without one, the console is 404
 */
export function serveConsole(
  server: FastifyInstance,
  uploads: () => Promise<string>,
  folder = BUILT_CONSOLE,
): void {
  server.get('/console', toConsole);
  const index = `${folder}index.html`;
  if (!existsSync(index)) return;
  let page = readFileSync(index, 'utf8');
  const licenses = readFileSync(`${folder}${LICENSES}`, 'utf8');
  server.get(`${PREFIX}${LICENSES}`, (_request, reply) =>
    reply
      .header('content-type', 'text/plain; charset=utf-8')
      .header('cache-control', 'no-cache')
      .send(licenses),
  );
  let known: Promise<string> | undefined;
  server.get(`${PREFIX}*`, async (request, reply) => {
    known ??= uploads();
    const source = await known.catch(() => {
      known = undefined;
      // Everything but uploads works without it.
      return '';
    });
    // `npm run dev` builds it again under the running server.
    page = await readFile(index, 'utf8').catch(() => page);
    return sendPage(page, policyWith(source), request, reply);
  });
  void server.register(fastifyStatic, {
    root: `${folder}assets`,
    prefix: `${PREFIX}assets/`,
    decorateReply: false,
    index: false,
    dotfiles: 'deny',
    preCompressed: true,
    cacheControl: true,
    immutable: true,
    maxAge: SECONDS_PER_YEAR * 1000,
  });
}

function toConsole(_request: FastifyRequest, reply: FastifyReply): void {
  void reply.redirect(PREFIX, 302);
}

/** A missing file is 404, not a view: an old page that asks for its old assets must fail. */
function sendPage(
  page: string,
  policy: string,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const [path = ''] = request.url.split('?', 1);
  if (/\.\w+$/.test(path)) throw new NotFoundException();
  return reply
    .header('content-type', 'text/html; charset=utf-8')
    .header('cache-control', 'no-cache')
    .header('content-security-policy', policy)
    .send(page);
}
