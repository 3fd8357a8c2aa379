import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { AppClient } from './app-client.js';
import { notAuthorized } from './cognito-error.js';

/** Base64(HMAC-SHA256(client secret, username + client id)), as the API documents SECRET_HASH. */
export function secretHash(clientSecret: string, username: string, clientId: string): string {
  return createHmac('sha256', clientSecret)
    .update(username + clientId)
    .digest('base64');
}

/** Throws NotAuthorizedException unless the hash is there exactly when the client has a secret, and right. */
export function checkSecretHash(
  client: AppClient,
  username: string,
  received: string | undefined,
): void {
  if (client.secret === undefined) {
    if (received === undefined) return;
    throw notAuthorized(
      `Client ${client.id} is configured without secret but SECRET_HASH was received`,
    );
  }
  if (received === undefined) {
    throw notAuthorized(
      `Client ${client.id} is configured with secret but SECRET_HASH was not received`,
    );
  }
  if (!isSameSecret(received, secretHash(client.secret, username, client.id))) {
    throw notAuthorized(`Unable to verify secret hash for client ${client.id}`);
  }
}

/** In constant time, also for texts of different lengths: their digests are compared. */
export function isSameSecret(left: string, right: string): boolean {
  return timingSafeEqual(sha256(left), sha256(right));
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
