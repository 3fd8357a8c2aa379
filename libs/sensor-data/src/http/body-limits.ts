/** The body of one reading, alone or in a batch: more than 64 metrics and 16 tags need. */
export const MAX_READING_BYTES = 256 * 1024;
export const MAX_BATCH_BYTES = 8 * 1024 * 1024;
