import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional, ApiQuery } from '@nestjs/swagger';
import { parseCursor } from './cursor.js';
import { documentedParameters, QueryParameters } from './query-parameters.js';
import { parseLimit } from './query-values.js';
import { ParsedAs } from './request-validation.pipe.js';

const LIMIT = { type: 'integer', minimum: 1, maximum: 1000, default: 100 } as const;
const CURSOR_IS = 'nextCursor of the page before';

/** The query string of a list that is read page by page, as its handler gets it. */
@ParsedAs(pageQueryOf)
export class PageQuery {
  @ApiPropertyOptional(LIMIT)
  limit?: number;

  @ApiPropertyOptional({ type: String, description: CURSOR_IS })
  cursor?: string;
}

/** Documents the same two parameters, for a handler that takes the query as it is. */
export function ApiPageQuery(): MethodDecorator {
  return applyDecorators(
    ApiQuery({ name: 'limit', required: false, schema: LIMIT }),
    ApiQuery({
      name: 'cursor',
      required: false,
      schema: { type: 'string' },
      description: CURSOR_IS,
    }),
  );
}

/** Throws DomainError `invalid-request` with every fault: `limit-invalid`, `cursor-invalid`. */
function pageQueryOf(query: object): PageQuery {
  const parameters = new QueryParameters(query, documentedParameters(PageQuery));
  const page = pageIn(parameters);
  parameters.assertFaultless();
  return page;
}

/** The page that a query asks for; notes the faults `limit-invalid` and `cursor-invalid`. */
export function pageIn(parameters: QueryParameters): PageQuery {
  const limit = parameters.valueOf('limit', parseLimit);
  const cursor = parameters.valueOf('cursor', parseCursor);
  return { ...(limit !== undefined && { limit }), ...(cursor !== undefined && { cursor }) };
}
