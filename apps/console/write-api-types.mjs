// Makes dist/console-api.d.ts, the types of the console's requests, of what the built API says of itself.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import openapiTS, { astToString } from 'openapi-typescript';

const DIST = join(import.meta.dirname, '../../dist');

const document = join(DIST, 'openapi.json');
execFileSync(process.execPath, [join(DIST, 'apps/api/src/write-openapi.js'), document]);
// What has a default need not be sent.
const types = await openapiTS(readFileSync(document, 'utf8'), { defaultNonNullable: false });
writeFileSync(join(DIST, 'console-api.d.ts'), astToString(types));
