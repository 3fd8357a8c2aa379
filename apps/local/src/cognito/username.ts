import { USERNAMES_ARE_CASE_SENSITIVE } from '@sensorflow/platform/resources/identity.js';

/** What two spellings of one user's name have in common. The user keeps the name as it was given first. */
export function usernameKey(username: string): string {
  return USERNAMES_ARE_CASE_SENSITIVE ? username : username.toLowerCase();
}
