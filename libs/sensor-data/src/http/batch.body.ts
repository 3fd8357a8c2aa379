import { MAX_READINGS_PER_BATCH } from '../sensor-data.service.js';
import { exampleReading, NEW_READING } from './reading.schema.js';

const BY_CONTENT_TYPE = {
  'application/json': {
    schema: {
      type: 'array' as const,
      minItems: 1,
      maxItems: MAX_READINGS_PER_BATCH,
      items: NEW_READING,
    },
    example: [exampleReading],
  },
  'application/x-ndjson': {
    schema: {
      type: 'string' as const,
      description: 'one reading a line; blank lines are skipped and not counted',
    },
    example: `${JSON.stringify(exampleReading)}\n`,
  },
};

export const BATCH_CONTENT_TYPES = Object.keys(BY_CONTENT_TYPE);

/** A batch's body for the API's documents. */
export const BATCH_BODY = { required: true, schema: { 'x-by-content-type': BY_CONTENT_TYPE } };
