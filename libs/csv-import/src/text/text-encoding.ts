/** Encodings that a file may have, by their IANA names. */
export const TEXT_ENCODINGS = [
  'utf-8',
  'utf-16le',
  'utf-16be',
  'windows-1252',
  'iso-8859-1',
] as const;
export type TextEncoding = (typeof TEXT_ENCODINGS)[number];

export function isTextEncoding(text: unknown): text is TextEncoding {
  return TEXT_ENCODINGS.some((encoding) => encoding === text);
}
