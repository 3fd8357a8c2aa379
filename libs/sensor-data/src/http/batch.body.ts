import { MAX_READINGS_PER_BATCH } from '../sensor-data.js';
import { exampleReading, READING_SCHEMA } from './reading.schema.js';

export const BATCH_CONTENT_TYPES = ['application/json', 'application/x-ndjson'] as const;

/** A batch's body for the API's documents, which know but one schema for all content types. */
export const BATCH_BODY = {
  required: true,
  schema: {
    oneOf: [
      {
        type: 'array' as const,
        minItems: 1,
        maxItems: MAX_READINGS_PER_BATCH,
        items: READING_SCHEMA,
      },
      {
        type: 'string' as const,
        description: 'NDJSON: one reading a line; blank lines are skipped and not counted',
      },
    ],
  },
  examples: {
    'application/json': { value: [exampleReading] },
    'application/x-ndjson': { value: `${JSON.stringify(exampleReading)}\n` },
  },
};
