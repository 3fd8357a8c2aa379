import type { FunctionName } from '@sensorflow/platform/resources/event-sources.js';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FunctionProcess, type FunctionWorker } from '../lambda/function-worker.js';
import type { Cloud } from './cloud.js';
import { importerVariables, readerVariables } from './environments.js';
import { CannotStartError, type StackOptions } from './options.js';
import type { StackLog } from './stack-log.js';

/** An import's process costs half a second to start, and 100 MB to keep. */
const IMPORTER_IDLE_MS = 3_000;

/**
 * The processes that the Lambda functions run in. All that read streams share one, each in a sandbox of its own as in
 * the cloud: a process of Node alone takes 45 MB. Imports have a process each, for as long as there are any.
 */
export class FunctionProcesses {
  private readonly readers: FunctionProcess;
  private readonly all: FunctionProcess[];

  constructor(
    private readonly cloud: Cloud,
    private readonly options: StackOptions,
    private readonly log: StackLog,
  ) {
    this.readers = new FunctionProcess({
      environment: readerVariables(cloud, options),
      log: (line) => log.note('stream-readers', line),
    });
    this.all = [this.readers];
  }

  newReader(name: FunctionName): FunctionWorker {
    return this.readers.newWorker(this.definition(name));
  }

  newImporter(): FunctionWorker {
    const { cloud, options, log } = this;
    const importer = new FunctionProcess({
      environment: importerVariables(cloud, options),
      log: (line) => log.note('csv-importer', line),
      idleMs: IMPORTER_IDLE_MS,
    });
    this.all.push(importer);
    return importer.newWorker(this.definition('csv-importer'));
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map((one) => one.close()));
  }

  private definition(name: FunctionName): { name: string; modulePath: string } {
    const { lambdasDir } = this.options;
    return {
      name,
      modulePath: lambdasDir === undefined ? builtModule(name) : bundle(lambdasDir, name),
    };
  }
}

function builtModule(name: string): string {
  return fileURLToPath(new URL(`../../../${name}/src/${name}.lambda.js`, import.meta.url));
}

/** A function that cannot be loaded would only fail, again and again, in a log. */
function bundle(lambdasDir: string, name: string): string {
  const file = resolve(lambdasDir, name, 'index.mjs');
  if (existsSync(file)) return file;
  throw new CannotStartError(
    `SENSORFLOW_LAMBDAS_DIR has no ${name}/index.mjs. To build it in dist/lambdas, run npm run bundle:lambdas.`,
  );
}
