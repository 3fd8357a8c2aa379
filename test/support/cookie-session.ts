import type { Announcement } from '../../apps/local/src/stack/announcement.js';
import { basic } from './api-client.js';

/** Logs the demo user in and answers the Cookie header of the session. */
export async function loginCookie(stack: Announcement): Promise<string> {
  const response = await fetch(`${stack.baseUrl}/auth/login`, {
    method: 'POST',
    headers: { authorization: basic(stack.user.username, stack.user.password) },
  });
  const [cookie] = response.headers.getSetCookie();
  if (!response.ok || cookie === undefined) throw new Error(`login: ${response.status}`);
  return cookie.split(';', 1)[0] ?? '';
}
