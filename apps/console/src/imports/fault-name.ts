import { en, type MessageKey } from '../language/en.ts';
import type { Translate } from '../language/translate.ts';

/** A short name of a fault; its code where there is none. */
export function faultName(code: string, t: Translate): string {
  const key = `imports.fault.${code}`;
  return isKey(key) ? t(key) : code;
}

function isKey(key: string): key is MessageKey {
  return Object.hasOwn(en, key);
}
