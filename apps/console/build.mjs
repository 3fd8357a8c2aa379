// Builds the console into dist/console, once the API is built: its types are made of what the API says of itself.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import openapiTS, { astToString } from 'openapi-typescript';
import { build } from 'vite';

const DIST = join(import.meta.dirname, '../../dist');
const ASSETS = join(DIST, 'console/assets');
/** Much better than gzip, at a tenth of the time of the best. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };

const document = join(DIST, 'openapi.json');
execFileSync(process.execPath, [join(DIST, 'apps/api/src/write-openapi.js'), document]);
// What has a default need not be sent.
const types = await openapiTS(readFileSync(document, 'utf8'), { defaultNonNullable: false });
writeFileSync(join(DIST, 'console-api.d.ts'), astToString(types));
await build({ root: import.meta.dirname, logLevel: 'warn' });
for (const name of readdirSync(ASSETS)) compress(join(ASSETS, name));

/** Beside the file, so that the server sends what the browser takes. Fonts are compressed already. */
function compress(file) {
  if (!/\.(js|css|svg)$/.test(file)) return;
  const content = readFileSync(file);
  writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
  writeFileSync(`${file}.br`, brotliCompressSync(content, BROTLI));
}
