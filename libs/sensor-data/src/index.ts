export { DEFAULT_METRIC, readingKey, type Reading, type StoredReading } from './reading.js';
export {
  MAX_PUTS_PER_CALL,
  ReadingStore,
  type PutOutcome,
  type ReadingPage,
  type ReadingRange,
} from './reading-store.js';
export { ReadingWriter, type WriteOutcome } from './reading-writer.js';
