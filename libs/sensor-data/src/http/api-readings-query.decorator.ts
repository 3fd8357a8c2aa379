import { applyDecorators } from '@nestjs/common';
import { ApiQuery } from '@nestjs/swagger';
import { ApiPageQuery } from '@sensorflow/platform/http/page.query.js';

/** Documents the query string of a list of readings. The rules themselves are reading-range.ts. */
export function ApiReadingsQuery(): MethodDecorator {
  return applyDecorators(
    ApiRangeQuery(),
    ApiPageQuery(),
    ApiQuery({
      name: 'order',
      required: false,
      schema: { type: 'string', enum: ['asc', 'desc'], default: 'asc' },
    }),
  );
}

/** Documents the instant as of which readings are shown. */
export function ApiAsOfQuery(): MethodDecorator {
  return ApiQuery({
    name: 'asOf',
    required: false,
    schema: { type: 'string', format: 'date-time' },
    description:
      'RFC 3339, not in the future (write + as %2B): what stood then, to the millisecond, without what was sent, corrected or removed since. Of an import everything counts from its start on, of an undone one nothing ever; hours that have expired are gone here, too',
  });
}

/** Documents both ends of a range. */
export function ApiRangeQuery({ required = false } = {}): MethodDecorator {
  const bound = (name: string, is: string) =>
    ApiQuery({
      name,
      required,
      schema: { type: 'string', format: 'date-time' },
      description: `RFC 3339, ${is} (write + as %2B)`,
    });
  return applyDecorators(bound('from', 'included'), bound('to', 'excluded'));
}
