import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Children, waitForPort, type Child, type Program } from './children.ts';
import { freePort } from './free-port.ts';
import { Cloud, ISSUER } from './cloud.ts';
import { CORE_UNDER_TEST, OTHER_CORE, type Machine } from './machine.ts';
import { productIn } from './product-in.ts';
import { ROOT } from './root.ts';
import { SinkClient } from './sink-client.ts';

const SINK = join(import.meta.dirname, 'sink/main.ts');
const BARE = join(import.meta.dirname, 'bare/main.ts');
const NAIVE = join(ROOT, 'dist/bench/naive/main.js');

/** A server to put load on. */
export interface Server {
  readonly child: Child;
  readonly port: number;
}

/** Everything that runs beside the generator, on loopback, until `close`. */
export class Stand {
  private readonly machine: Machine;
  readonly folder = mkdtempSync(join(tmpdir(), 'sensorflow-bench-'));
  readonly cloud = new Cloud();
  readonly children = new Children();
  private sinkServer: Server | undefined;

  constructor(machine: Machine) {
    this.machine = machine;
    process.once('exit', () => rmSync(this.folder, { recursive: true, force: true }));
  }

  async open(): Promise<void> {
    await this.cloud.start();
    this.sinkServer = await this.serve('sink', OTHER_CORE, (port) => ({
      command: [SINK, '--port', `${port}`],
    }));
  }

  get sink(): Server {
    if (!this.sinkServer) throw new Error('the stand is not open');
    return this.sinkServer;
  }

  get sinkUrl(): string {
    return `http://127.0.0.1:${this.sink.port}`;
  }

  get sinkClient(): SinkClient {
    return new SinkClient(this.sinkUrl);
  }

  startBare(): Promise<Server> {
    return this.serve('bare', CORE_UNDER_TEST, (port) => ({
      command: [BARE, '--port', `${port}`],
    }));
  }

  startNaive(): Promise<Server> {
    const { cloud, sinkUrl } = this;
    const where = ['--dynamodb', sinkUrl, '--jwks', cloud.jwksUri, '--issuer', ISSUER];
    return this.serve('naive', CORE_UNDER_TEST, (port) => ({
      command: [NAIVE, '--port', `${port}`, ...where],
    }));
  }

  /**
   * `flags` are node's own, for a profile; `root` is that of another checkout, whose API is told what its own
   * benchmark tells it.
   */
  async startApi(logLevel: string, flags: readonly string[] = [], root = ROOT): Promise<Server> {
    const { API_PROGRAM, apiVariables } = await productIn(root);
    return this.serve(`api-${logLevel}`, CORE_UNDER_TEST, (port) => ({
      command: [...flags, join(root, API_PROGRAM)],
      variables: apiVariables(this.cloud, this.sinkUrl, port, logLevel),
    }));
  }

  /** Runs a program of its own on the core under test to its end. Throws when it fails. */
  async runToEnd(name: string, program: Pick<Program, 'command' | 'variables'>): Promise<void> {
    const core = this.machine.pins ? CORE_UNDER_TEST : undefined;
    const code = await this.children.start({ name, core, ...program }).ended;
    if (code !== 0) throw new Error(`${name} ended with ${code}`);
  }

  private async serve(
    name: string,
    core: number,
    program: (port: number) => Pick<Program, 'command' | 'variables'>,
  ): Promise<Server> {
    const port = await freePort();
    const child = this.children.start({
      name,
      core: this.machine.pins ? core : undefined,
      outputFile: join(this.folder, `${name}.log`),
      ...program(port),
    });
    await waitForPort(port, child);
    return { child, port };
  }

  close(): void {
    this.children.killAll();
    this.cloud.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
