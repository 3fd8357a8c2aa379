/** Text of one byte a character, as UTF-8. Every byte is a character, so there is nothing to refuse. */
export async function* singleByteToUtf8(
  source: AsyncIterable<Buffer>,
  encoding: 'windows-1252' | 'iso-8859-1',
): AsyncGenerator<Buffer> {
  // The platform takes the label iso-8859-1 for windows-1252; Node's latin1 is the real one.
  const decoder = encoding === 'windows-1252' ? new TextDecoder(encoding) : undefined;
  for await (const chunk of source) {
    yield Buffer.from(decoder ? decoder.decode(chunk) : chunk.toString('latin1'), 'utf8');
  }
}
