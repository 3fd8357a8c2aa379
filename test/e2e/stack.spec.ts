import { connect, createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ApiClient, eventually, machineToken } from '../support/api-client.js';
import { freePort } from '../../bench/free-port.ts';
import {
  failedStart,
  isAlive,
  kill,
  LocalStack,
  survivorsOf,
  temporaryFolder,
} from '../support/local-stack.js';

const folders: string[] = [];
const stacks: LocalStack[] = [];
/** Processes that a stack may have left behind. */
const left: number[] = [];

async function aStack(options: Parameters<typeof LocalStack.start>[0] = {}): Promise<LocalStack> {
  const stack = await LocalStack.start(options);
  stacks.push(stack);
  folders.push(stack.dataDir);
  return stack;
}

function aFolder(): string {
  const folder = temporaryFolder();
  folders.push(folder);
  return folder;
}

/** Clients that began and went silent: a body half sent to each, and a connection without a word. */
async function hangOn({ announcement, port }: LocalStack): Promise<readonly Socket[]> {
  const token = await machineToken(announcement);
  const { s3, cognitoIdp } = announcement.endpoints;
  const ports = [port, Number(new URL(s3).port), Number(new URL(cognitoIdp).port)];
  const sockets: Socket[] = [];
  for (const text of ['', halfSent(token)]) {
    for (const to of ports) {
      const socket = connect(to, '127.0.0.1').on('error', () => undefined);
      await once(socket, 'connect');
      socket.write(text);
      sockets.push(socket);
    }
  }
  return sockets;
}

function halfSent(token: string): string {
  const head = ['POST /sensor-data HTTP/1.1', 'Host: localhost', `Authorization: Bearer ${token}`];
  const body = ['Content-Type: application/json', 'Content-Length: 1000', '', '{"equipmentId":'];
  return [...head, ...body].join('\r\n');
}

/** Large enough to outlast a stop. */
async function beginImport({ announcement }: LocalStack): Promise<void> {
  const api = (await ApiClient.connect(announcement.baseUrl)).withToken(
    await machineToken(announcement),
  );
  const rows = Array.from({ length: 300_000 }, (_, index) => {
    const time = new Date(Date.UTC(2023, 1, 15) + index * 1000).toISOString();
    return `EQ-LONG,${time},${index}`;
  });
  const csv = ['equipmentId,timestamp,value', ...rows].join('\n');
  const request = { fileName: 'long.csv', size: csv.length };
  const { body } = await api.post('/sensor-data/upload-csv', request);
  await fetch(body.url, { method: body.method, headers: body.headers, body: csv });
  await eventually(
    async () => (await api.get(`/sensor-data/uploads/${body.uploadId}`)).body,
    ({ rows: { total } }) => total > 0,
  );
}

afterEach(async () => {
  for (const stack of stacks.splice(0)) await stack.killEverything();
  for (const pid of left.splice(0)) kill(pid);
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

describe('the embedded stack', () => {
  it('says how to use it, and keeps that to its owner', async () => {
    const stack = await aStack();

    expect(stack.output()).toMatch(/^SensorFlow is ready at http:\/\/localhost:\d+$/m);
    expect(stack.output()).toContain(`console        ${stack.announcement.baseUrl}/console/ (open`);
    expect(stack.output()).toContain(stack.announcement.docsUrl);
    expect(stack.output()).toContain(` ${stack.dataDir}/local.json;`);
    expect(statSync(join(stack.dataDir, 'local.json')).mode & 0o777).toBe(0o600);
    expect(statSync(stack.dataDir).mode & 0o077).toBe(0);
    expect(stack.announcement.machine.scope.split(' ')).toHaveLength(4);
  });

  it('stops on Ctrl-C within ten seconds, and leaves no process behind', async () => {
    const stack = await aStack();
    const processes = stack.processIds();
    expect(processes.length).toBeGreaterThan(3);

    const startedAt = performance.now();
    const exitCode = await stack.interrupt();

    expect(exitCode).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    expect(processes.filter(isAlive)).toEqual([]);
  });

  it('stops within ten seconds amid an import, a body half sent and silent connections', async () => {
    const stack = await aStack();
    const processes = stack.processIds();
    const sockets = await hangOn(stack);
    await beginImport(stack);
    const importing = stack.processIds();

    const startedAt = performance.now();
    const exitCode = await stack.interrupt();

    expect(performance.now() - startedAt).toBeLessThan(10_000);
    expect(exitCode).toBe(0);
    expect([...processes, ...importing].filter(isAlive)).toEqual([]);
    for (const socket of sockets) socket.destroy();
  });

  it('closes its folder to others, and names the failed work in it', async () => {
    const dataDir = aFolder();
    chmodSync(dataDir, 0o755);
    const first = await aStack({ dataDir });
    const modeWhenNew = statSync(dataDir).mode & 0o777;
    await first.interrupt();
    chmodSync(dataDir, 0o750);
    mkdirSync(join(dataDir, 'failures'));
    writeFileSync(join(dataDir, 'failures', 'readings-stream-2026.json'), '{}');

    const second = await aStack({ dataDir });

    expect(modeWhenNew).toBe(0o700);
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    expect(first.output()).not.toContain('WARNING');
    expect(second.output()).toMatch(
      /^ +WARNING +changes not aggregated: 1 files, kept in .*failures$/m,
    );
  });

  it('stops with the npm that started it, when that alone is told to', async () => {
    const stack = await aStack({ byNpm: true });
    const processes = stack.processIds();
    left.push(...processes);
    expect(processes.length).toBeGreaterThan(4);

    await stack.terminate();

    expect(await survivorsOf(processes)).toEqual([]);
  });

  it('gets its arguments from npm', async () => {
    const refusal = await failedStart({ dataDir: aFolder(), byNpm: true, args: ['--rest'] });

    expect(refusal.printed).toMatch(/^Unknown argument '?--rest'?\. Usage: /);
  });

  it('takes everything along when only its supervisor is killed', async () => {
    const stack = await aStack();
    const processes = stack.processIds();

    await stack.killSupervisor();

    expect(await survivorsOf(processes)).toEqual([]);
  });

  it('keeps data and secrets over a restart, and is ready again in under five seconds', async () => {
    const first = await aStack();
    const api = (await ApiClient.connect(first.announcement.baseUrl)).withToken(
      await machineToken(first.announcement),
    );
    const reading = { equipmentId: 'EQ-KEPT', timestamp: '2023-02-15T06:30:00.000Z', value: 1.5 };
    await api.post('/sensor-data', reading);
    await first.interrupt();

    const second = await aStack({ dataDir: first.dataDir, port: first.port });

    expect(second.readyAfterMs).toBeLessThan(5000);
    expect(second.announcement).toEqual(first.announcement);
    // The token of the first run is still good: keys and issuer are the same.
    expect((await api.get('/sensor-data/EQ-KEPT/latest')).body).toMatchObject(reading);
  });

  it('starts empty with --reset, which wants --yes without a terminal', async () => {
    const first = await aStack();
    const api = (await ApiClient.connect(first.announcement.baseUrl)).withToken(
      await machineToken(first.announcement),
    );
    await api.post('/sensor-data', {
      equipmentId: 'EQ-GONE',
      timestamp: '2023-02-15T06:30:00Z',
      value: 1,
    });
    await first.interrupt();

    const { dataDir, port } = first;
    const refusal = await failedStart({ dataDir, port, args: ['--reset'] });
    expect(refusal.exitCode).toBe(1);
    expect(refusal.printed).toBe(
      `--reset deletes everything in ${dataDir}. Add --yes to continue.\n`,
    );

    const second = await aStack({ dataDir, port, args: ['--reset', '--yes'] });

    const anew = (await ApiClient.connect(second.announcement.baseUrl)).withToken(
      await machineToken(second.announcement),
    );
    expect((await anew.get('/sensor-data/EQ-GONE/latest')).status).toBe(404);
    expect(second.announcement.machine.clientSecret).not.toBe(
      first.announcement.machine.clientSecret,
    );
  });

  it('never empties a folder that is not its own', async () => {
    const foreign = aFolder();
    writeFileSync(join(foreign, 'thesis.txt'), 'years of work');

    const refusal = await failedStart({ dataDir: foreign, args: ['--reset'] });

    expect(refusal.exitCode).toBe(1);
    expect(refusal.printed).toContain('--reset does not delete it');
    expect(readdirSync(foreign)).toContain('thesis.txt');
  });

  it('refuses a second start on the same folder', async () => {
    const stack = await aStack();

    const refusal = await failedStart({ dataDir: stack.dataDir });

    expect(refusal.exitCode).toBe(1);
    expect(refusal.printed).toContain('Another SensorFlow is running on');
  });

  it('refuses a port that is taken', async () => {
    const port = await freePort();
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');

    const refusal = await failedStart({ dataDir: aFolder(), port });
    other.close();

    expect(refusal.exitCode).toBe(1);
    expect(refusal.printed).toContain(`Port ${port} is taken`);
  });

  it.each([
    [{ AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE' }, 'Real AWS credentials'],
    [{ AWS_PROFILE: 'production' }, 'Real AWS credentials'],
    [{ AWS_ENDPOINT_URL_S3: 'https://s3.eu-central-1.amazonaws.com' }, 'points to another machine'],
    [{ AWS_ENDPOINT_URL: 'http://127.0.0.1.evil.example' }, 'points to another machine'],
    [{ PORT: '80a' }, 'PORT: must be a whole number'],
    [{ FRONTEND_URL: '*' }, 'FRONTEND_URL: must be an origin'],
    [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL: '],
    [{ SENSORFLOW_DATA_DIR: '' }, 'SENSORFLOW_DATA_DIR: must be non-empty'],
    [{ DYNOXIDE_BIN: '/nonexistent/dynoxide' }, 'DYNOXIDE_BIN'],
    [{ SENSORFLOW_LAMBDAS_DIR: '/nonexistent' }, 'SENSORFLOW_LAMBDAS_DIR has no'],
  ])('refuses to start with %j', async (variables, message) => {
    const refusal = await failedStart({ dataDir: aFolder(), variables });

    expect(refusal.exitCode).toBe(1);
    expect(refusal.printed).toContain(message);
    expect(refusal.printed).not.toMatch(/^ +at /m);
  });

  it('names all faults of its settings at once', async () => {
    const variables = { FRONTEND_URL: 'app.example.com', LOG_LEVEL: 'loud' };
    const refusal = await failedStart({ dataDir: aFolder(), variables });

    expect(refusal.printed).toMatch(/FRONTEND_URL: /);
    expect(refusal.printed).toMatch(/LOG_LEVEL: /);
  });

  it('takes its own settings from .env, and nothing that is for a real account', async () => {
    const file = join(aFolder(), '.env');
    writeFileSync(file, 'AWS_PROFILE=production\nFRONTEND_URL=app.example.com\n');

    const refusal = await failedStart({
      dataDir: aFolder(),
      variables: { SENSORFLOW_ENV_FILE: file },
    });

    expect(refusal.exitCode).toBe(1);
    expect(refusal.printed).toBe(
      'The configuration is not usable:\n' +
        '  FRONTEND_URL: must be an origin such as https://app.example.com, or none\n',
    );
  });

  it('leaves alone a folder that is open to others and holds files of theirs', async () => {
    const foreign = aFolder();
    writeFileSync(join(foreign, 'thesis.txt'), 'years of work');
    chmodSync(foreign, 0o755);

    const refusal = await failedStart({ dataDir: foreign });

    expect(refusal.exitCode).toBe(1);
    expect(refusal.printed).toContain('Other users have access to');
    expect(statSync(foreign).mode & 0o777).toBe(0o755);
    expect(readdirSync(foreign)).toEqual(['thesis.txt']);
  });

  it('names an unknown argument', async () => {
    const refusal = await failedStart({ dataDir: aFolder(), args: ['--rest'] });

    expect(refusal.exitCode).toBe(2);
    expect(refusal.printed).toMatch(/^Unknown argument '?--rest'?\. Usage: npm run local .*\n$/);
  });

  it('leaves alone a folder of a later version', async () => {
    const dataDir = aFolder();
    const installation = JSON.stringify({ format: 99 });
    writeFileSync(join(dataDir, 'installation.json'), installation, { mode: 0o600 });

    const refusal = await failedStart({ dataDir });

    expect(refusal.exitCode).toBe(1);
    expect(refusal.printed).toMatch(
      /has format 99, but this version reads only formats up to \d+\. /,
    );
    expect(refusal.printed).not.toContain('--reset');
    expect(readFileSync(join(dataDir, 'installation.json'), 'utf8')).toBe(installation);
  });

  it('says so when its folder cannot be used', async () => {
    const folder = aFolder();
    mkdirSync(join(folder, 'installation.json'));

    const refusal = await failedStart({ dataDir: folder });

    expect(refusal.exitCode).toBe(1);
  });
});
