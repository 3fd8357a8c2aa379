/** The JSON schemas of a reading, for the API's documents. The rules themselves are parse-reading.ts. */
export const exampleReading = {
  equipmentId: 'EQ-12495',
  timestamp: '2023-02-15T01:30:00.000-05:00',
  value: 78.42,
};

export const METRICS_SCHEMA = {
  type: 'object' as const,
  description: 'numbers by metric name: zero or 1e-100 ≤ |v| ≤ 1e100',
  minProperties: 1,
  maxProperties: 64,
  additionalProperties: { type: 'number' as const },
  example: { temperature: 75.5, pressure: 2.3 },
};

export const TAGS_SCHEMA = {
  type: 'object' as const,
  description: 'short strings by name',
  maxProperties: 16,
  additionalProperties: { type: 'string' as const, minLength: 1, maxLength: 256 },
  example: { cipId: 'CIP_001' },
};

export const READING_SCHEMA = {
  type: 'object' as const,
  description: 'One reading, with either value or values.',
  required: ['equipmentId', 'timestamp'],
  additionalProperties: false,
  properties: {
    equipmentId: {
      type: 'string' as const,
      pattern: '^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$',
    },
    timestamp: {
      type: 'string' as const,
      format: 'date-time',
      description: 'RFC 3339 with offset, 0 to 9 fraction digits, at most ten minutes ahead',
    },
    value: { type: 'number' as const, description: 'short for values: {"value": …}' },
    values: METRICS_SCHEMA,
    tags: TAGS_SCHEMA,
  },
  oneOf: [{ required: ['value'] }, { required: ['values'] }],
  example: exampleReading,
};
