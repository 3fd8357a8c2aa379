import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ApiProcess } from './api-process.js';
import { startCloud, type Cloud } from './cloud.js';
import { DataFolder } from './data-folder.js';
import { formatOf, isDataFolder, requireKnownFormat } from './data-format.js';
import { apiVariables } from './environments.js';
import { startFunctions } from './functions.js';
import { startHousekeeping } from './housekeeping.js';
import { isPortFree, openInstallation, writeAtomically } from './installation.js';
import { announce, type Announcement } from './announcement.js';
import { leftBehind } from './left-behind.js';
import { CannotStartError, type StackOptions } from './options.js';
import { StackLog } from './stack-log.js';
import { Teardown } from './teardown.js';

/** The whole of SensorFlow on one machine: the embedded services, the functions, the API. */
export class Stack {
  private constructor(
    /** What it is and how to log in, as it stands in local.json. */
    readonly announcement: Announcement,
    /** Resolves with the reason when a part ends that should not. */
    readonly broken: Promise<string>,
    /** What a person should know: what earlier runs gave up, what this machine cannot do. */
    readonly warnings: readonly string[],
    private readonly teardown: Teardown,
  ) {}

  /** Ready for requests when it resolves; leaves nothing running when it throws. */
  static async start(options: StackOptions): Promise<Stack> {
    const teardown = new Teardown();
    try {
      return await startAll(options, teardown);
    } catch (error) {
      await teardown.run();
      throw error;
    }
  }

  /** Stops everything, callers before those they call; answers what could not be stopped. */
  async stop(): Promise<readonly string[]> {
    return this.teardown.run();
  }

  static started(cloud: Cloud, api: ApiProcess, options: StackOptions, teardown: Teardown): Stack {
    const broken = Promise.race([
      api.ended().then((reason) => `the API ended (${reason})`),
      cloud.store.exited.then(() => 'the embedded DynamoDB ended'),
    ]);
    const warnings = [
      ...(cloud.store.isPrivate ? [] : [STORE_IS_NOT_PRIVATE]),
      ...leftBehind(cloud.queue, options.dataDir),
    ];
    return new Stack(announce(cloud, options), broken, warnings, teardown);
  }
}

const STORE_IS_NOT_PRIVATE =
  'other users of this machine can reach the database: it needs user namespaces, unshare and ip';

async function startAll(options: StackOptions, teardown: Teardown): Promise<Stack> {
  const folder = DataFolder.open(options.dataDir, options.reset);
  teardown.add('folder', 'data folder', async () => folder.close());
  if (isDataFolder(options.dataDir)) {
    requireKnownFormat(formatOf(options.dataDir), options.dataDir);
  }
  if (!(await isPortFree(options.port))) {
    throw new CannotStartError(
      `Port ${options.port} is taken. Stop what uses it, or set PORT to another one.`,
    );
  }
  const log = new StackLog(options.dataDir);
  const installation = await openInstallation(options.dataDir);
  const cloud = await startCloud({ options, installation, log, teardown });
  const api = startApi(cloud, options, log, teardown);
  const readStreams = startFunctions(cloud, options, log, teardown);
  startHousekeeping(cloud, readStreams, log, teardown);
  await api.ready();
  const stack = Stack.started(cloud, api, options, teardown);
  writeAtomically(
    join(options.dataDir, 'local.json'),
    `${JSON.stringify(stack.announcement, null, 2)}\n`,
  );
  return stack;
}

function startApi(
  cloud: Cloud,
  options: StackOptions,
  log: StackLog,
  teardown: Teardown,
): ApiProcess {
  const api = ApiProcess.start({
    entryFile: fileURLToPath(new URL('../../../api/src/main.js', import.meta.url)),
    preloadedFiles: ['../end-with-supervisor.js', '../on-embedded-stack.js'].map(
      (file) => new URL(file, import.meta.url).href,
    ),
    logFile: log.file('api'),
    environment: apiVariables(cloud, options),
    baseUrl: `http://127.0.0.1:${options.port}`,
  });
  teardown.add('callers', 'API', () => api.stop());
  return api;
}
