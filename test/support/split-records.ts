import type { RecordBlock, TextPlace } from '@sensorflow/csv-import/text/csv-record.js';
import { RecordSplitter } from '@sensorflow/csv-import/text/record-splitter.js';

export interface SplitLimits {
  readonly maxRowBytes: number;
  readonly maxBlockRows: number;
}

/** All records of a text that comes in pieces. */
export async function* splitRecords(
  pieces: AsyncIterable<Buffer>,
  start: TextPlace,
  delimiter: string,
  { maxRowBytes, maxBlockRows }: SplitLimits,
): AsyncGenerator<RecordBlock> {
  const splitter = new RecordSplitter(start, delimiter, maxRowBytes);
  let text: Buffer = Buffer.alloc(0);
  function* blocks(final: boolean): Generator<RecordBlock> {
    for (;;) {
      const { block, consumed } = splitter.split(text, final, maxBlockRows);
      text = text.subarray(consumed);
      if (block) yield block;
      else if (consumed === 0) return;
    }
  }
  for await (const piece of pieces) {
    text = Buffer.concat([text, piece]);
    yield* blocks(false);
  }
  yield* blocks(true);
}
