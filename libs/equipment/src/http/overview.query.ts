import { ApiPropertyOptional } from '@nestjs/swagger';
import { pageIn, PageQuery } from '@sensorflow/platform/http/page.query.js';
import {
  documentedParameters,
  QueryParameters,
} from '@sensorflow/platform/http/query-parameters.js';
import { inForm, oneOf } from '@sensorflow/platform/http/query-values.js';
import { ParsedAs } from '@sensorflow/platform/http/request-validation.pipe.js';
import { SORTS, type Sort } from '../fleet-states/fleet-order.js';
import { PUNCTUALITIES, type Punctuality } from '../punctuality.js';

const ORDERS = ['asc', 'desc'] as const;
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

  @ApiPropertyOptional({
    enum: PUNCTUALITIES,
    description: 'lists equipment in this state alone',
  })
  state?: Punctuality;

  @ApiPropertyOptional({
    enum: SORTS,
    default: 'equipmentId',
    description: 'what the list is sorted by; of states the worst comes first',
  })
  sort?: Sort;

  @ApiPropertyOptional({ enum: ORDERS, default: 'asc' })
  order?: (typeof ORDERS)[number];
}

/** Throws DomainError `invalid-request` with every fault: `search-invalid`, `trend-invalid`, `state-invalid`, `sort-invalid`, `order-invalid`, and those of a page. */
function overviewQueryOf(query: object): OverviewQuery {
  const parameters = new QueryParameters(query, documentedParameters(OverviewQuery));
  const { limit, cursor } = pageIn(parameters);
  const search = parameters.valueOf('search', parseSearch);
  const trend = parameters.valueOf('trend', parseTrend);
  const state = parameters.valueOf('state', parseState);
  const sort = parameters.valueOf('sort', parseSort);
  const order = parameters.valueOf('order', parseOrder);
  parameters.assertFaultless();
  return {
    ...(limit !== undefined && { limit }),
    ...(cursor !== undefined && { cursor }),
    ...(search !== undefined && { search }),
    ...(trend !== undefined && { trend: trend === 'true' }),
    ...(state !== undefined && { state }),
    ...(sort !== undefined && { sort }),
    ...(order !== undefined && { order }),
  };
}

const parseSearch = inForm(
  SEARCH,
  'search-invalid',
  'The search is 1 to 128 of the characters that an equipmentId can have.',
);
const parseTrend = oneOf(['true', 'false'], 'trend-invalid', 'The trend is true or false.');
const parseState = oneOf(
  PUNCTUALITIES,
  'state-invalid',
  `The state is one of ${PUNCTUALITIES.join(', ')}.`,
);
const parseSort = oneOf(SORTS, 'sort-invalid', `Sort by one of ${SORTS.join(', ')}.`);
const parseOrder = oneOf(ORDERS, 'order-invalid', 'The order is asc or desc.');
