const SPACE = 0x20;
const TAB = 0x09;
const QUOTE = 0x22;
const NUMBER_SIGN = 0x23;

/** Whether a row begins with `#`, behind blanks or a quote. */
export function mayBeComment(text: Uint8Array, start: number): boolean {
  let at = start;
  while (text[at] === SPACE || text[at] === TAB || text[at] === QUOTE) at += 1;
  return text[at] === NUMBER_SIGN;
}
