import { ApiPropertyOptional } from '@nestjs/swagger';
import { pageIn, PageQuery } from '@sensorflow/platform/http/page.query.js';
import {
  documentedParameters,
  QueryParameters,
} from '@sensorflow/platform/http/query-parameters.js';
import { inForm, oneOf } from '@sensorflow/platform/http/query-values.js';
import { ParsedAs } from '@sensorflow/platform/http/request-validation.pipe.js';

const SEARCH = /^[A-Za-z0-9._:-]{1,128}$/;

/** The query string of the overview. */
@ParsedAs(overviewQueryOf)
export class OverviewQuery extends PageQuery {
  @ApiPropertyOptional({
    description: 'lists equipment whose id has this in it, in whatever case',
    pattern: SEARCH.source,
    example: 'line-1',
  })
  search?: string;

  @ApiPropertyOptional({
    type: Boolean,
    default: false,
    description: 'also the hourly averages of the last 24 hours',
  })
  trend?: boolean;
}

/** Throws DomainError `invalid-request` with every fault: `search-invalid`, `trend-invalid`, and those of a page. */
function overviewQueryOf(query: object): OverviewQuery {
  const parameters = new QueryParameters(query, documentedParameters(OverviewQuery));
  const { limit, cursor } = pageIn(parameters);
  const search = parameters.valueOf('search', parseSearch);
  const trend = parameters.valueOf('trend', parseTrend);
  parameters.assertFaultless();
  return {
    ...(limit !== undefined && { limit }),
    ...(cursor !== undefined && { cursor }),
    ...(search !== undefined && { search }),
    ...(trend !== undefined && { trend: trend === 'true' }),
  };
}

const parseSearch = inForm(
  SEARCH,
  'search-invalid',
  'The search is 1 to 128 of the characters that an equipmentId can have.',
);
const parseTrend = oneOf(['true', 'false'], 'trend-invalid', 'The trend is true or false.');
