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
import { describeLan, type LanDescription } from '../lan/lan-description.js';
import {
  ALL_ADDRESSES,
  keepCertificate,
  prepareCertificate,
  type LanCertificate,
} from '../lan/lan-certificate.js';
import { leftBehind } from './left-behind.js';
import { CannotStartError, type StackOptions } from './options.js';
import { StackLog } from './stack-log.js';
import { Teardown } from './teardown.js';

/** The whole of SensorFlow on one machine: the embedded services, the functions, the API. */
export class Stack {
  private constructor(
    /** What it is and how to log in, as it stands in local.json; on a network with what its people need to know. */
    readonly described: { readonly announcement: Announcement } | LanDescription,
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

  static started(
    cloud: Cloud,
    api: ApiProcess,
    options: StackOptions,
    lan: LanCertificate | undefined,
    teardown: Teardown,
  ): Stack {
    const broken = Promise.race([
      api.ended().then((reason) => `the API ended (${reason})`),
      cloud.store.exited.then(() => 'the embedded DynamoDB ended'),
    ]);
    const warnings = [
      ...(cloud.store.isPrivate ? [] : [STORE_IS_NOT_PRIVATE]),
      ...leftBehind(cloud.queue, options.dataDir),
    ];
    return new Stack(describe(cloud, options, lan), broken, warnings, teardown);
  }
}

function describe(
  cloud: Cloud,
  options: StackOptions,
  lan: LanCertificate | undefined,
): Stack['described'] {
  const { identity } = cloud;
  if ('user' in identity) return { announcement: announce(cloud, identity, options) };
  if (!lan) throw new Error('a network without a certificate');
  return describeLan(cloud, identity, options, lan);
}

const STORE_IS_NOT_PRIVATE =
  'other users of this machine can reach the database; to prevent this, it needs user namespaces, unshare and ip';

async function startAll(options: StackOptions, teardown: Teardown): Promise<Stack> {
  const folder = DataFolder.open(options.dataDir, options.reset);
  teardown.add('folder', 'data folder', async () => folder.close());
  if (isDataFolder(options.dataDir)) {
    requireKnownFormat(formatOf(options.dataDir), options.dataDir);
  }
  await assertPortsAreFree(options);
  const log = new StackLog(options.dataDir);
  const installation = await openInstallation(options.dataDir);
  const lan = options.lan && (await prepareCertificate(options.lan, options.dataDir));
  const cloud = await startCloud({ options, installation, log, teardown });
  const api = startApi(cloud, options, lan, log, teardown);
  if (lan?.authority) keepCertificate(options.dataDir, log, teardown);
  const readStreams = startFunctions(cloud, options, log, teardown);
  startHousekeeping(cloud, readStreams, log, teardown);
  await api.ready();
  const stack = Stack.started(cloud, api, options, lan, teardown);
  writeAtomically(
    join(options.dataDir, 'local.json'),
    `${JSON.stringify(stack.described.announcement, null, 2)}\n`,
  );
  return stack;
}

async function assertPortsAreFree({ port, lan }: StackOptions): Promise<void> {
  const host = lan ? ALL_ADDRESSES : undefined;
  if (!(await isPortFree(port, host))) throw portIsTaken(port, 'PORT');
  if (lan && !(await isPortFree(lan.httpsPort, host))) {
    throw portIsTaken(lan.httpsPort, 'HTTPS_PORT');
  }
}

function portIsTaken(port: number, variable: string): CannotStartError {
  const remedy = `Stop the program that uses it, or set ${variable} to another port.`;
  return new CannotStartError(`Port ${port} is taken. ${remedy}`);
}

function startApi(
  cloud: Cloud,
  options: StackOptions,
  lan: LanCertificate | undefined,
  log: StackLog,
  teardown: Teardown,
): ApiProcess {
  const api = ApiProcess.start({
    entryFile: fileURLToPath(new URL('../../../api/src/main.js', import.meta.url)),
    preloadedFiles: ['../end-with-supervisor.js', '../on-embedded-stack.js'].map(
      (file) => new URL(file, import.meta.url).href,
    ),
    logFile: log.file('api'),
    environment: apiVariables(cloud, options, lan),
    baseUrl: `http://127.0.0.1:${options.port}`,
  });
  teardown.add('callers', 'API', () => api.stop());
  return api;
}
