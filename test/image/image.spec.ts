import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient, eventually, machineToken } from '../support/api-client.js';
import { ApiProcess } from '../support/api-process.js';
import { KeptAliveClients } from '../support/kept-alive-clients.js';
import { freePort } from '../../bench/free-port.ts';
import { LocalStack, temporaryFolder } from '../support/local-stack.js';
import { BuiltImage } from './built-image.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Process 1 of the image's namespace, as the host numbers it. */
function firstProcessOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());
}

function statusOf(pid: number, field: string): string {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return new RegExp(`^${field}:\\s+(.*)$`, 'm').exec(status)?.[1] ?? '';
}

describe('the image of the API', () => {
  const image = new BuiltImage('api');
  let stack: LocalStack;
  let api: ApiProcess | undefined;

  beforeAll(async () => {
    stack = await LocalStack.start();
  });

  afterAll(async () => stack.stopAndForget());

  afterEach(async () => {
    if (api?.child.exitCode === null) process.kill(firstProcessOf(api.child.pid ?? 0), 'SIGKILL');
    await api?.exit();
    api = undefined;
  });

  async function start(variables: Readonly<Record<string, string>> = {}): Promise<ApiProcess> {
    api = await ApiProcess.start(
      stack.announcement,
      stack.dataDir,
      { ...image.variables(), ...variables },
      image.command(),
    );
    return api;
  }

  it('says who runs it, what it runs, and how it is asked for its health', () => {
    expect(image.config).toMatchObject({
      User: '10001:10001',
      WorkingDir: '/app',
      Entrypoint: [],
      Cmd: ['node', 'dist/apps/api/src/main.js'],
      StopSignal: 'SIGTERM',
      ExposedPorts: { '3000/tcp': {} },
      Healthcheck: { Test: ['CMD', 'node', 'dist/apps/api/src/healthcheck.js'] },
    });
    expect(image.variables()).toMatchObject({ NODE_ENV: 'production', PORT: '3000' });
    expect(JSON.stringify(image.config)).not.toMatch(/secret|password|token/i);
  });

  it('holds exactly the packages that the bill of materials names', () => {
    const sbom = execFileSync('npm', ['run', '--silent', 'sbom'], { cwd: ROOT, encoding: 'utf8' });
    const components: readonly { readonly name: string; readonly version: string }[] =
      JSON.parse(sbom).components;

    const named = new Set(components.map(({ name, version }) => `${name}@${version}`));
    expect(new Set(image.packages())).toEqual(named);
  });

  it('holds of ours the API and its libraries, without tests, sources or settings', () => {
    const own = image.files('app').filter((file) => !file.startsWith('app/node_modules/'));

    expect(own).toContain('app/dist/apps/api/src/main.js');
    expect(
      own.filter(
        (file) =>
          !/^app\/dist\/(package\.json|(apps\/api|libs\/[a-z-]+)\/.*\.js(\.map)?)$/.test(file),
      ),
    ).toEqual([]);
    expect(own.filter((file) => /\.spec\./.test(file))).toEqual([]);
  });

  it('lets the one who runs it change nothing in it, even on a root that can be written', () => {
    const changeable = ['(', '-uid', '10001', '-o', '-perm', '-o+w', ')', '-not', '-type', 'l'];
    const found = spawnSync('find', [join(image.root, 'app'), ...changeable], { encoding: 'utf8' });

    expect(found.status).toBe(0);
    expect(found.stdout).toBe('');
  });

  it('runs as process 1, as uid 10001, on a read-only root and without privileges', async () => {
    const { child } = await start();

    const pid = firstProcessOf(child.pid ?? 0);
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toBe('node\0dist/apps/api/src/main.js\0');
    expect(statusOf(pid, 'NSpid').split(/\s+/).at(-1)).toBe('1');
    expect(statusOf(pid, 'Uid')).toMatch(/^10001\s+10001\s+10001\s+10001$/);
    expect(statusOf(pid, 'Gid')).toMatch(/^10001\s+10001\s+10001\s+10001$/);
    expect([statusOf(pid, 'CapEff'), statusOf(pid, 'NoNewPrivs')]).toEqual(['0'.repeat(16), '1']);
    const mounts = readFileSync(`/proc/${pid}/mountinfo`, 'utf8').split('\n');
    const root = mounts.map((line) => line.split(' ')).findLast(([, , , , on]) => on === '/');
    expect(root?.[5]?.split(',')).toContain('ro');
  });

  it('stores a reading and gives it back', async () => {
    const { baseUrl } = await start();
    const client = (await ApiClient.connect(baseUrl)).withToken(
      await machineToken(stack.announcement),
    );
    const reading = { equipmentId: 'EQ-IMAGE', timestamp: '2023-02-15T06:30:00.000Z', value: 1.5 };

    const stored = await client.post('/sensor-data', reading);

    expect(stored.status).toBe(201);
    expect((await client.get('/sensor-data/EQ-IMAGE/latest')).body).toMatchObject(reading);
    expect((await client.get('/')).body).toMatchObject({ status: 'ok', name: 'sensorflow' });
  });

  it('is found healthy by its own check while it runs, and not when it does not', async () => {
    const { baseUrl } = await start();
    const [, ...check] = image.config.Healthcheck?.Test ?? [];
    const [program, ...args] = image.command(check);
    const exitCodeOf = (port: string) =>
      spawnSync(program, args, { env: { ...image.variables(), PORT: port } }).status;

    expect(exitCodeOf(new URL(baseUrl).port)).toBe(0);
    expect(exitCodeOf(String(await freePort()))).toBe(1);
  });

  it('drains on SIGTERM: fails no request and exits with 0', async () => {
    const { baseUrl, child } = await start({ SHUTDOWN_GRACE_MS: '1000' });
    const clients = new KeptAliveClients(baseUrl, await machineToken(stack.announcement));
    await clients.areKeptAlive();

    const signalledAt = performance.now();
    process.kill(firstProcessOf(child.pid ?? 0), image.config.StopSignal);
    await clients.ended;

    expect(await api?.exit()).toBe(0);
    expect(performance.now() - signalledAt).toBeLessThan(15_000);
    expect(clients.statuses.filter((status) => status !== 201)).toEqual([]);
  });

  it('names everything that is missing when nothing is configured, and ends', () => {
    const [program, ...args] = image.command();

    const { status, stderr } = spawnSync(program, args, {
      env: image.variables(),
      encoding: 'utf8',
    });

    expect(status).toBe(1);
    expect(stderr).toMatch(/^ +DYNAMODB_TABLE_NAME: is missing$/m);
    expect(stderr).toMatch(/^ +COGNITO_CLIENT_SECRET: is missing$/m);
  });
});

describe('the image of the embedded stack', () => {
  const image = new BuiltImage('local');

  it('starts everything as uid 10001 on a read-only root, and stops on SIGTERM', async () => {
    const data = join(temporaryFolder(), 'data');
    mkdirSync(data, { mode: 0o700 });
    chownSync(data, 10_001, 10_001);
    const port = String(await freePort());
    const [program, ...args] = image.command(image.config.Cmd, data);
    const child = spawn(program, args, { env: { ...image.variables(), PORT: port } });
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
      });
    }
    await eventually(
      async () => ({ printed, ended: child.exitCode }),
      ({ ended }) => printed.includes('SensorFlow is ready') || ended !== null,
    );

    const ready = await fetch(`http://127.0.0.1:${port}/health/ready`);
    process.kill(firstProcessOf(child.pid ?? 0), 'SIGTERM');
    const [exitCode] = await once(child, 'exit');

    expect(ready.status).toBe(200);
    expect(exitCode).toBe(0);
    expect(image.config.User).toBe('10001:10001');
    rmSync(join(data, '..'), { recursive: true });
  });
});
