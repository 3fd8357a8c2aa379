import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { machineToken } from './api-client.js';
import type { LocalStack } from './local-stack.js';
import { TokenSigner } from './token-signer.js';

/** Any number of machines that call a stack, each with a session of its own. */
export class StackCallers {
  private constructor(
    readonly stack: LocalStack,
    private readonly signer: TokenSigner,
    private readonly claims: Readonly<Record<string, unknown>>,
  ) {}

  static async of(stack: LocalStack): Promise<StackCallers> {
    const database = new DatabaseSync(join(stack.dataDir, 'cognito.db'), { readOnly: true });
    const key = database
      .prepare('SELECT kid, private_key_pem FROM signing_keys ORDER BY generation DESC')
      .get();
    database.close();
    const signer = TokenSigner.fromPem(String(key?.['kid']), String(key?.['private_key_pem']));
    const token = await machineToken(stack.announcement);
    const claims = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
    return new StackCallers(stack, signer, JSON.parse(claims));
  }

  /** The token of the machine of that name. */
  tokenOf(name: string): string {
    const session = { sub: name, jti: `jti-${name}`, origin_jti: `origin-${name}` };
    return this.signer.sign({ ...this.claims, ...session });
  }

  async ask(token: string, path: string, request: RequestInit = {}): Promise<Response> {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    return fetch(`${this.stack.announcement.baseUrl}${path}`, { ...request, headers });
  }

  /** The log lines of the API with that text. */
  logLines(text: string): readonly Record<string, unknown>[] {
    return readFileSync(join(this.stack.dataDir, 'logs/api.log'), 'utf8')
      .split('\n')
      .filter((line) => line.includes(text))
      .map((line) => JSON.parse(line));
  }
}
