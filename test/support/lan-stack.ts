import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { once } from 'node:events';
import { Agent, fetch as fetchBy, type RequestInit, type Response } from 'undici';
import type { LanAnnouncement } from '../../apps/local/src/lan/lan-description.js';
import { freePort } from '../../bench/free-port.ts';
import { basic } from './api-client.js';
import { LocalStack, temporaryFolder } from './local-stack.js';

/** PEM. */
export interface GivenCertificate {
  readonly cert: string;
  readonly key: string;
}

/** A stack that was started with `--lan`, and a client that trusts its authority. */
export class LanStack {
  readonly announcement: LanAnnouncement;
  readonly authority: string;
  private readonly trusting: Agent;

  private constructor(
    readonly stack: LocalStack,
    /** Where the commands of the documentation are typed: the data folder is `.sensorflow` in it. */
    readonly folder: string,
    readonly httpsPort: number,
    given: string,
  ) {
    const text = readFileSync(join(stack.dataDir, 'local.json'), 'utf8');
    this.announcement = JSON.parse(text);
    const { authorityFile } = this.announcement;
    this.authority = authorityFile === null ? given : readFileSync(authorityFile, 'utf8');
    this.trusting = new Agent({ connect: { ca: this.authority } });
  }

  /** @param given a certificate that stands for itself, instead of one that the stack makes */
  static async start(folder = temporaryFolder(), given?: GivenCertificate): Promise<LanStack> {
    const httpsPort = await freePort();
    const dataDir = join(folder, '.sensorflow');
    const variables = { HTTPS_PORT: String(httpsPort), VERIFY_SECOND_LOOK_MS: '12000' };
    const args = ['--lan'];
    if (given) {
      writeFileSync(join(folder, 'given.pem'), given.cert);
      writeFileSync(join(folder, 'given.key'), given.key);
      args.push('--certificate', join(folder, 'given.pem'), '--key', join(folder, 'given.key'));
    }
    const stack = await LocalStack.start({ dataDir, variables, args });
    return new LanStack(stack, folder, httpsPort, given?.cert ?? '');
  }

  /** By HTTPS, at the address that the stack names. */
  async ask(path: string, request: RequestInit = {}): Promise<Response> {
    return fetchBy(new URL(path, this.announcement.baseUrl), {
      redirect: 'manual',
      dispatcher: this.trusting,
      ...request,
    });
  }

  async machineToken(): Promise<string> {
    const { tokenUrl, clientId, clientSecret, scope } = this.announcement.machine;
    const answer = await this.ask(tokenUrl, {
      method: 'POST',
      headers: { authorization: basic(clientId, clientSecret) },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope }),
    });
    const token: { readonly access_token: string } = JSON.parse(await answer.text());
    return token.access_token;
  }

  async keyFor(scopes: readonly string[]): Promise<string> {
    const answer = await this.ask('/api-keys', {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await this.machineToken()}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ name: `for ${scopes.join(' ')}`, scopes }),
    });
    const { key }: { readonly key: string } = JSON.parse(await answer.text());
    return key;
  }

  /** The status of each answer to these bytes, by HTTPS. */
  async statusesOf(text: string): Promise<readonly number[]> {
    const { hostname } = new URL(this.announcement.baseUrl);
    const socket: TLSSocket = connect({
      host: hostname,
      port: this.httpsPort,
      ca: this.authority,
    });
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => undefined);
    socket.write(text);
    await once(socket, 'close');
    const received = Buffer.concat(chunks).toString();
    return Array.from(received.matchAll(/^HTTP\/1\.1 (\d{3}) /gm), ([, status]) => Number(status));
  }

  /** Commands of the documentation, as a person types them. */
  async pasted(commands: string): Promise<string> {
    const env = { PATH: process.env['PATH'], HOME: process.env['HOME'] };
    const options = { cwd: this.folder, env, timeout: 60_000 };
    const { stdout } = await promisify(execFile)(
      'bash',
      ['-euo', 'pipefail', '-c', commands],
      options,
    );
    return stdout;
  }

  async close(): Promise<void> {
    await this.trusting.close();
    await this.stack.killEverything();
  }
}
