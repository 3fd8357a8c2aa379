/** No byte of UTF-8: marks the place of an unpaired surrogate, so that its row is refused. */
const NEVER_IN_UTF8 = Buffer.from([0xff]);
const BYTE_ORDER_MARK = '\ufeff';

/** UTF-16, with a byte order mark in front or without, as UTF-8 without one. */
export async function* utf16ToUtf8(
  source: AsyncIterable<Buffer>,
  encoding: 'utf-16le' | 'utf-16be',
): AsyncGenerator<Buffer> {
  let carried: Buffer = Buffer.alloc(0);
  let isFirst = true;
  for await (const chunk of source) {
    const units = Buffer.concat([carried, chunk]);
    const whole = wholeCharacters(units, encoding);
    carried = units.subarray(whole);
    if (whole === 0) continue;
    const text = toUtf8(units.subarray(0, whole), encoding);
    const marked = isFirst && text.indexOf(BYTE_ORDER_MARK) === 0;
    isFirst = false;
    yield marked ? text.subarray(Buffer.byteLength(BYTE_ORDER_MARK)) : text;
  }
  if (carried.length > 0) yield NEVER_IN_UTF8;
}

/** Leaves out half a code unit, and the first half of a surrogate pair. */
function wholeCharacters(units: Buffer, encoding: 'utf-16le' | 'utf-16be'): number {
  const even = units.length - (units.length % 2);
  if (even === 0) return 0;
  const last =
    encoding === 'utf-16le' ? units.readUInt16LE(even - 2) : units.readUInt16BE(even - 2);
  return last >= 0xd800 && last <= 0xdbff ? even - 2 : even;
}

/** Swaps the bytes of `units` where they lie: they are a copy of the source's already. */
function toUtf8(units: Buffer, encoding: 'utf-16le' | 'utf-16be'): Buffer {
  const littleEndian = encoding === 'utf-16le' ? units : units.swap16();
  const text = littleEndian.toString('utf16le');
  if (text.isWellFormed()) return Buffer.from(text, 'utf8');
  const parts = text.split(/\p{Surrogate}/u).map((part) => Buffer.from(part, 'utf8'));
  return Buffer.concat(
    parts.flatMap((part, index) => (index > 0 ? [NEVER_IN_UTF8, part] : [part])),
  );
}
