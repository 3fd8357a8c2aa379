import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
} from '@aws-sdk/client-cognito-identity-provider';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Announcement } from '../../apps/local/src/stack/announcement.js';
import { ApiClient, basic } from './api-client.js';

const PASSWORD = 'Correct-horse-battery-7';

/** A person of the embedded pool, made by its administrator, who has logged in. */
export async function aPerson(
  stack: Announcement,
  dataDir: string,
  Username: string,
  GroupName: 'viewers' | 'operators' | 'admins',
): Promise<ApiClient> {
  const client = new CognitoIdentityProviderClient({
    endpoint: stack.endpoints.cognitoIdp,
    region: 'local',
    credentials: JSON.parse(readFileSync(join(dataDir, 'installation.json'), 'utf8')).credentials,
  });
  const UserPoolId = stack.issuer.slice(stack.issuer.lastIndexOf('/') + 1);
  const person = { UserPoolId, Username };
  await client.send(new AdminCreateUserCommand({ ...person, MessageAction: 'SUPPRESS' }));
  await client.send(
    new AdminSetUserPasswordCommand({ ...person, Password: PASSWORD, Permanent: true }),
  );
  await client.send(new AdminAddUserToGroupCommand({ ...person, GroupName }));
  client.destroy();
  return (await ApiClient.connect(stack.baseUrl)).withCookie(await login(stack, Username));
}

async function login(stack: Announcement, username: string): Promise<string> {
  const response = await fetch(`${stack.baseUrl}/auth/login`, {
    method: 'POST',
    headers: { authorization: basic(username, PASSWORD) },
  });
  const [cookie] = response.headers.getSetCookie();
  if (!response.ok || cookie === undefined) throw new Error(`login: ${response.status}`);
  return cookie.split(';', 1)[0] ?? '';
}
