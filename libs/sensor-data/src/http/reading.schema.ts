/** The JSON schemas of a reading, for the API's documents. The rules themselves are parse-reading.ts. */
export const exampleReading = {
  equipmentId: 'EQ-12495',
  timestamp: '2023-02-15T01:30:00.000-05:00',
  value: 78.42,
};

const { value: exampleValue, ...exampleIdentity } = exampleReading;
const exampleValues = { temperature: 75.5, pressure: 2.3 };

/** For names of metrics and of tags. */
const NAMES = { pattern: '^[A-Za-z][A-Za-z0-9_.-]{0,63}$' };

export const METRIC_SCHEMA = { type: 'string' as const, ...NAMES };

export const METRICS_SCHEMA = {
  type: 'object' as const,
  description: 'numbers by metric name: zero or 1e-100 ≤ |v| ≤ 1e100',
  minProperties: 1,
  maxProperties: 64,
  propertyNames: NAMES,
  additionalProperties: { type: 'number' as const },
  example: exampleValues,
};

const NEW_METRICS_SCHEMA = {
  ...METRICS_SCHEMA,
  description: `${METRICS_SCHEMA.description}; null is the same as leaving the metric out, and one at least is no null`,
  additionalProperties: { type: ['number', 'null'] },
};

export const TAGS_SCHEMA = {
  type: 'object' as const,
  description: 'short strings by name',
  maxProperties: 16,
  propertyNames: NAMES,
  additionalProperties: { type: 'string' as const, minLength: 1, maxLength: 256 },
  example: { cipId: 'CIP_001' },
};

export const EQUIPMENT_ID_SCHEMA = {
  type: 'string' as const,
  pattern: '^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$',
};

const IDENTITY_PROPERTIES = {
  equipmentId: EQUIPMENT_ID_SCHEMA,
  timestamp: {
    // Apart, so that generated clients make a date of the text.
    oneOf: [{ type: 'string', format: 'date-time' }, { type: 'number' }],
    description:
      'RFC 3339 with offset, 0 to 9 fraction digits, at most ten minutes ahead; with the parameter precision a number, with clock=server it may be left out',
  },
};

function newReading(metrics: object, required: 'value' | 'values', example: object) {
  return {
    type: 'object' as const,
    required: ['equipmentId', 'timestamp', required],
    additionalProperties: false,
    properties: { ...IDENTITY_PROPERTIES, ...metrics, tags: TAGS_SCHEMA },
    example: { ...exampleIdentity, ...example },
  };
}

/**
 * The components of a reading that is sent. Two closed schemas, so that a generated client knows without
 * reading a rule that one of `value` and `values` is demanded. A `value` of null beside `values` is taken, but
 * not documented: openapi-fetch makes no usable type of it.
 */
export const NEW_READING_COMPONENTS = {
  NewReading: {
    description: 'One reading, with either value or values.',
    oneOf: [
      { $ref: '#/components/schemas/NewReadingWithValue' },
      { $ref: '#/components/schemas/NewReadingWithValues' },
    ],
  },
  NewReadingWithValue: newReading(
    { value: { type: 'number' as const, description: 'short for values: {"value": …}' } },
    'value',
    { value: exampleValue },
  ),
  NewReadingWithValues: newReading({ values: NEW_METRICS_SCHEMA }, 'values', {
    values: exampleValues,
  }),
};

export const NEW_READING = { $ref: '#/components/schemas/NewReading' };
