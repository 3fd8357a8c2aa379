// Makes the Lambda functions' code assets: dist/lambdas/<function>/index.mjs, with nothing left to resolve.
import { build } from 'esbuild';
import { rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { argumentsOrExit } from '../libs/platform/src/terminal/command.ts';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const OUT = join(ROOT, 'dist', 'lambdas');
const FUNCTIONS = ['csv-importer', 'live-publisher', 'stream-aggregator'];

/** Packages in CommonJS ask for Node's own modules with `require`, which a module does not have. */
const BANNER = [
  `import { createRequire as createBundleRequire } from 'node:module';`,
  `const require = createBundleRequire(import.meta.url);`,
].join(' ');

const USAGE = `Usage: npm run bundle:lambdas

Makes the code of the Lambda functions, as it is deployed: dist/lambdas/<function>/index.mjs.`;

argumentsOrExit({ usage: USAGE, options: {}, places: 0 });
rmSync(OUT, { recursive: true, force: true });
for (const name of FUNCTIONS) await bundle(name);

/** Not minified: it starts no faster, and a stack trace without its map can still be read. */
async function bundle(name) {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [`apps/${name}/src/${name}.lambda.ts`],
    outfile: join(OUT, name, 'index.mjs'),
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // A package's ES modules can be shaken; its CommonJS comes along whole.
    mainFields: ['module', 'main'],
    banner: { js: BANNER },
    sourcemap: 'linked',
    sourcesContent: false,
    metafile: true,
    logLevel: 'warning',
  });
  // Beside the asset, not in it: what the bundle was made of.
  writeFileSync(join(OUT, `${name}.meta.json`), JSON.stringify(metafile));
}
