import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Beside dist/apps; missing where the API runs from its sources. */
const BUILT_REDOC = fileURLToPath(new URL('../../../redoc/', import.meta.url));

/** Redoc makes its styles at run time. */
const POLICY = [
  "default-src 'none'",
  "base-uri 'none'",
  "connect-src 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "img-src 'self' data:",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
].join('; ');

/** Searching needs a worker made of text, which the policy does not allow. */
const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>SensorFlow API</title>
    <style>body { margin: 0 }</style>
  </head>
  <body>
    <redoc spec-url="/openapi.json" disable-search="true"></redoc>
    <script src="/redoc/redoc.standalone.js"></script>
  </body>
</html>
`;

/** Redoc at /redoc, from our own origin; 404 where it is not built. */
export function serveRedoc(server: FastifyInstance, folder = BUILT_REDOC): void {
  if (!existsSync(folder)) return;
  server.get('/redoc', (_request, reply) =>
    reply
      .header('content-type', 'text/html; charset=utf-8')
      .header('content-security-policy', POLICY)
      .send(PAGE),
  );
  void server.register(fastifyStatic, {
    root: folder,
    prefix: '/redoc/',
    decorateReply: false,
    index: false,
    dotfiles: 'deny',
    preCompressed: true,
  });
}
