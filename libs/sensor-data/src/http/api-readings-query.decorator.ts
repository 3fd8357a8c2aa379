import { applyDecorators } from '@nestjs/common';
import { ApiQuery } from '@nestjs/swagger';

/** Documents the query string of a list of readings. The rules themselves are reading-range.ts. */
export function ApiReadingsQuery(): MethodDecorator {
  return applyDecorators(
    parameter(
      'from',
      { type: 'string', format: 'date-time' },
      'RFC 3339, included (write + as %2B)',
    ),
    parameter('to', { type: 'string', format: 'date-time' }, 'RFC 3339, excluded (write + as %2B)'),
    parameter('limit', { type: 'integer', minimum: 1, maximum: 1000, default: 100 }),
    parameter('cursor', { type: 'string' }, 'nextCursor of the page before'),
    parameter('order', { type: 'string', enum: ['asc', 'desc'], default: 'asc' }),
  );
}

interface ParameterSchema {
  readonly type: 'string' | 'integer';
  readonly format?: 'date-time';
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: string | number;
  readonly enum?: string[];
}

function parameter(name: string, schema: ParameterSchema, description?: string): MethodDecorator {
  return ApiQuery({ name, required: false, schema, ...(description && { description }) });
}
