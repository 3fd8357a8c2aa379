import { createServer } from 'node:net';
import { once } from 'node:events';
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ApiClient, eventually, machineToken } from '../support/api-client.js';
import {
  failedStart,
  freePort,
  isAlive,
  LocalStack,
  temporaryFolder,
} from '../support/local-stack.js';

const folders: string[] = [];
const stacks: LocalStack[] = [];

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

afterEach(async () => {
  for (const stack of stacks.splice(0)) await stack.killEverything();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

describe('the embedded stack', () => {
  it('says how to use it, and keeps that to its owner', async () => {
    const stack = await aStack();

    expect(stack.output()).toMatch(/^SensorFlow is ready at http:\/\/localhost:\d+$/m);
    expect(stack.output()).toContain(stack.announcement.docsUrl);
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

  it('takes everything along when only its supervisor is killed', async () => {
    const stack = await aStack();
    const processes = stack.processIds();

    await stack.killSupervisor();

    const alive = await eventually(
      async () => processes.filter(isAlive),
      (left) => left.length === 0,
      10_000,
    );
    expect(alive).toEqual([]);
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

  it('begins anew with --reset', async () => {
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

    const second = await aStack({ dataDir: first.dataDir, port: first.port, args: ['--reset'] });

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
    expect(refusal.printed).toContain('leaves it alone');
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
    [{ AWS_ENDPOINT_URL_S3: 'https://s3.eu-central-1.amazonaws.com' }, 'points away'],
    [{ AWS_ENDPOINT_URL: 'http://127.0.0.1.evil.example' }, 'points away'],
    [{ PORT: '80a' }, 'is not a port'],
    [{ DYNOXIDE_BIN: '/nonexistent/dynoxide' }, 'DYNOXIDE_BIN'],
  ])('refuses to start with %j', async (variables, message) => {
    const refusal = await failedStart({ dataDir: aFolder(), variables });

    expect(refusal.exitCode).toBe(1);
    expect(refusal.printed).toContain(message);
  });

  it('names an unknown argument', async () => {
    const refusal = await failedStart({ dataDir: aFolder(), args: ['--rest'] });

    expect(refusal.exitCode).toBe(1);
    expect(refusal.printed).toContain('--rest');
  });

  it('says so when its folder cannot be used', async () => {
    const folder = aFolder();
    mkdirSync(join(folder, 'installation.json'));

    const refusal = await failedStart({ dataDir: folder });

    expect(refusal.exitCode).toBe(1);
  });
});
