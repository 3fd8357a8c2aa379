import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminDisableUserCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
} from '@aws-sdk/client-cognito-identity-provider';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Announcement } from '../../apps/local/src/stack/announcement.js';
import { ApiProcess } from './api-process.js';
import { basic } from './api-client.js';

/** The users of a running stack, as an administrator of its pool sees them. */
export class StackUsers {
  private readonly poolId: string;
  private readonly sdk: CognitoIdentityProviderClient;

  constructor(
    private readonly stack: Announcement,
    private readonly dataDir: string,
  ) {
    this.poolId = stack.issuer.split('/').at(-1) ?? '';
    const { credentials } = JSON.parse(readFileSync(join(dataDir, 'installation.json'), 'utf8'));
    this.sdk = new CognitoIdentityProviderClient({
      endpoint: stack.endpoints.cognitoIdp,
      region: 'local',
      credentials,
      maxAttempts: 1,
    });
  }

  async invite(username: string, temporaryPassword: string): Promise<void> {
    const user = { UserPoolId: this.poolId, Username: username };
    await this.sdk.send(
      new AdminCreateUserCommand({ ...user, TemporaryPassword: temporaryPassword }),
    );
    await this.sdk.send(new AdminAddUserToGroupCommand({ ...user, GroupName: 'viewers' }));
  }

  async add(username: string, password: string): Promise<void> {
    await this.invite(username, password);
    const user = { UserPoolId: this.poolId, Username: username };
    await this.sdk.send(
      new AdminSetUserPasswordCommand({ ...user, Password: password, Permanent: true }),
    );
  }

  async disable(username: string): Promise<void> {
    const user = { UserPoolId: this.poolId, Username: username };
    await this.sdk.send(new AdminDisableUserCommand(user));
  }

  /** One more API process that people log in to, behind a proxy that says where they are. */
  async startApi(variables: Readonly<Record<string, string>> = {}): Promise<ApiProcess> {
    const { id, secret } = this.webClient();
    return ApiProcess.start(this.stack, this.dataDir, {
      ...variables,
      COGNITO_CLIENT_ID: id,
      COGNITO_CLIENT_SECRET: secret,
      TRUSTED_PROXY_HOPS: '1',
    });
  }

  close(): void {
    this.sdk.destroy();
  }

  private webClient() {
    const database = new DatabaseSync(join(this.dataDir, 'cognito.db'), { readOnly: true });
    const row = database.prepare("SELECT id, secret FROM clients WHERE name = 'web'").get();
    database.close();
    return { id: String(row?.['id']), secret: String(row?.['secret']) };
  }
}

export interface PasswordRequest {
  readonly username: string;
  readonly password: string;
  readonly from: string;
  readonly newPassword?: string;
}

/** A login, or with a new password the setting of it, from that address. */
export async function enter(api: ApiProcess, request: PasswordRequest): Promise<Response> {
  const { username, password, from, newPassword } = request;
  const answer = await fetch(
    `${api.baseUrl}/auth/${newPassword === undefined ? 'login' : 'password'}`,
    {
      method: 'POST',
      headers: {
        authorization: basic(username, password),
        'x-forwarded-for': from,
        ...(newPassword !== undefined && { 'content-type': 'application/json' }),
      },
      ...(newPassword !== undefined && { body: JSON.stringify({ newPassword }) }),
    },
  );
  // Undici keeps the connection only when the body was read.
  return new Response(await answer.text(), answer);
}

export function cookieOf(answer: Response): string {
  return answer.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '';
}
