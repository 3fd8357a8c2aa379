import { en, type MessageKey } from '../language/en.ts';

const BUSY = 'problem.reads-overloaded';
const MISUNDERSTOOD = 'problem.misunderstood';
const SESSION_OVER = 'problem.session-over';
const SESSIONS_UNCHECKED = 'problem.session-check-unavailable';

/** What is told in the words of another code: to a reader it comes to the same. */
const SAME_WORDS: Readonly<Record<string, MessageKey>> = {
  'api-key-check-unavailable': SESSIONS_UNCHECKED,
  'api-key-expired': SESSION_OVER,
  'api-key-malformed': SESSION_OVER,
  'api-key-revoked': SESSION_OVER,
  'api-key-unknown': SESSION_OVER,
  'as-of-in-future': MISUNDERSTOOD,
  'body-not-gzip': MISUNDERSTOOD,
  'body-not-utf8': MISUNDERSTOOD,
  'body-too-large': MISUNDERSTOOD,
  'clock-behind': 'problem.server-clock-wrong',
  'content-encoding-unsupported': MISUNDERSTOOD,
  'content-type-unsupported': MISUNDERSTOOD,
  'credentials-malformed': MISUNDERSTOOD,
  'cross-site-request': MISUNDERSTOOD,
  'cursor-invalid': MISUNDERSTOOD,
  'dry-run-invalid': MISUNDERSTOOD,
  'equipment-id-missing': 'fault.equipment-id-invalid',
  'head-invalid': MISUNDERSTOOD,
  'interval-or-range': MISUNDERSTOOD,
  'invalid-reading': MISUNDERSTOOD,
  'invalid-request': MISUNDERSTOOD,
  'invalid-token': SESSION_OVER,
  'json-duplicate-key': MISUNDERSTOOD,
  'json-forbidden-key': MISUNDERSTOOD,
  'json-malformed': MISUNDERSTOOD,
  'json-too-deep': MISUNDERSTOOD,
  'limit-invalid': MISUNDERSTOOD,
  'login-throttle-unavailable': 'problem.identity-provider-unavailable',
  'metric-names-unknown': 'problem.store-unavailable',
  'no-session': SESSION_OVER,
  'nothing-to-change': MISUNDERSTOOD,
  overloaded: BUSY,
  'queue-unavailable': 'problem.storage-unavailable',
  'rate-limited': BUSY,
  'shutting-down': BUSY,
  'signing-keys-unavailable': SESSIONS_UNCHECKED,
  unauthenticated: SESSION_OVER,
  'unknown-property': MISUNDERSTOOD,
  'url-malformed': MISUNDERSTOOD,
  'url-too-long': MISUNDERSTOOD,
};

/** The words for a problem of the whole request. */
export function problemKey(code: string): MessageKey | undefined {
  return [`problem.${code}`, `imports.detail.${code}`].find(isKey) ?? SAME_WORDS[code];
}

/** The words for one fault, as they stand beside its field. */
export function faultKey(code: string): MessageKey | undefined {
  const key = `fault.${code}`;
  return isKey(key) ? key : problemKey(code);
}

export function isKey(key: string): key is MessageKey {
  return Object.hasOwn(en, key);
}
