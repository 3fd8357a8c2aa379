import { isUtf8 } from 'node:buffer';

const FIRST_OTHER = 0x80;
const DEGREE = 0xb0;
/** What `utf16ToUtf8` puts for a character that is none. */
const HALF_A_CHARACTER = 0xff;

/**
 * Whether text that should be UTF-8 is plainly of an encoding with one byte a character: a byte beyond ASCII
 * stands alone between two letters (`Lüfter`) or is the sign of degrees in front of one (`°C`).
 */
export function looksLikeSingleByteText(head: Buffer): boolean {
  if (isUtf8(head)) return false;
  for (let at = 1; at < head.length - 1; at += 1) {
    const byte = head[at] ?? 0;
    if (byte < FIRST_OTHER || byte === HALF_A_CHARACTER || !isLetter(head[at + 1])) continue;
    if (isLetter(head[at - 1]) || (byte === DEGREE && (head[at - 1] ?? 0) < FIRST_OTHER)) {
      return true;
    }
  }
  return false;
}

function isLetter(byte = 0): boolean {
  return (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
}
