import { applyDecorators } from '@nestjs/common';
import { ApiQuery } from '@nestjs/swagger';
import { accepted, EPOCH_UNITS, refused, type Parsed } from '@sensorflow/kernel';
import { ApiFaultyInput } from '@sensorflow/platform/http/api-problem.decorator.js';
import { QueryParameters } from '@sensorflow/platform/http/query-parameters.js';
import type { IngestOptions } from '../sensor-data.service.js';

const NONE: IngestOptions = {};

/**
 * What the query of a request that sends readings says of their timestamps. Throws DomainError `invalid-request`
 * with every fault at once: `precision-invalid`, `clock-invalid`, `unknown-property`, `parameter-repeated`.
 */
export function ingestOptionsOf(query: object): IngestOptions {
  if (Object.keys(query).length === 0) return NONE;
  const parameters = new QueryParameters(query, ['precision', 'clock']);
  const precision = parameters.valueOf('precision', parsePrecision);
  const clock = parameters.valueOf('clock', parseClock);
  parameters.assertFaultless();
  return { precision, clock };
}

function parsePrecision(text: string): Parsed<IngestOptions['precision']> {
  const unit = EPOCH_UNITS.find((one) => one === text);
  if (unit) return accepted(unit);
  return refused('precision-invalid', 'precision is s, ms, us or ns.');
}

function parseClock(text: string): Parsed<IngestOptions['clock']> {
  if (text === 'server') return accepted(text);
  return refused(
    'clock-invalid',
    'clock is server: the instant of arrival where there is no timestamp.',
  );
}

/** Documents both parameters. The rules themselves are json-timestamp.ts. */
export function ApiIngestQuery(): MethodDecorator {
  return applyDecorators(
    ApiQuery({
      name: 'precision',
      required: false,
      schema: { type: 'string', enum: [...EPOCH_UNITS] },
      description:
        'what a timestamp that is a number counts since 1970: seconds, milliseconds, microseconds or nanoseconds. Its digits are read exactly; it may be sent as text, too',
    }),
    ApiQuery({
      name: 'clock',
      required: false,
      schema: { type: 'string', enum: ['server'] },
      description:
        'readings may leave the timestamp out and get the instant of their arrival, those of a batch a nanosecond apart. Sending such a reading again makes another one',
    }),
    ApiFaultyInput('invalid-request', {
      pointer: '/precision',
      code: 'precision-invalid',
      detail: 'precision is s, ms, us or ns.',
    }),
  );
}
