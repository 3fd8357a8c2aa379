import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Caller } from '@sensorflow/auth';
import {
  CurrentCaller,
  KeepsToEquipment,
  RequiresScope,
} from '@sensorflow/auth/http/auth.decorators.js';
import type { Parsed, WorkBudget } from '@sensorflow/kernel';
import {
  ApiFaultyInput,
  ApiPathProblems,
  ApiProblem,
} from '@sensorflow/platform/http/api-problem.decorator.js';
import {
  cursorInvalid,
  decodeCursor,
  encodeCursor,
  type CursorQuery,
} from '@sensorflow/platform/http/cursor.js';
import { ApiPageQuery, pageIn, PageQuery } from '@sensorflow/platform/http/page.query.js';
import { QueryParameters, type QueryString } from '@sensorflow/platform/http/query-parameters.js';
import { DEFAULT_LIMIT } from '@sensorflow/platform/http/query-values.js';
import { ReadScheduler } from '@sensorflow/platform/http/read-scheduler.js';
import { RequestBudget } from '@sensorflow/platform/http/request-budget.js';
import { parseEquipmentId, parseMetricName } from '@sensorflow/sensor-data';
import { EquipmentOverview } from '../equipment-overview.js';
import { EQUIPMENT_LIMITS, KnownEquipment } from '../known-equipment.js';
import { EquipmentPageView, MetricPageView, toEquipmentView } from './equipment.view.js';
import { chosenCursorQuery, cursorBehind, placeIn } from './chosen-cursor.js';
import { OverviewQuery } from './overview.query.js';
import { EquipmentOverviewView, toOverviewView } from './overview.view.js';

/** Looking up so many takes as long as reading one answer of some hundreds of hours. */
const EQUIPMENT_PER_WEIGHT = 8;
/** The limit is not part of it: the next page may have another size. */
const CURSOR_QUERY = { list: 'equipment' };
/** The hours of a day take about three calls where the newest readings take one. */
const CALLS_WITH_TREND = 4;

/** The equipment that has readings. */
@ApiTags('equipment')
@Controller('equipment')
export class EquipmentController {
  constructor(
    private readonly equipment: KnownEquipment,
    private readonly overview: EquipmentOverview,
    private readonly reads: ReadScheduler,
  ) {}

  @Get()
  @RequiresScope('sensorflow/read')
  @KeepsToEquipment('by-handler')
  @ApiOperation({
    summary: 'List the equipment that has readings',
    description:
      'First and last reading are exact at the moment of the answer; new equipment and new metrics are listed seconds after their first reading. Equipment whose newest reading lies behind too many removed ones is left out. A page can be short of its limit; the list ends where nextCursor is null.',
  })
  @ApiOkResponse({ type: EquipmentPageView })
  @ApiFaultyInput('invalid-request', {
    pointer: '/limit',
    code: 'limit-invalid',
    detail: 'The limit is a whole number from 1 to 1000.',
  })
  @ApiProblem(400, 'cursor-invalid')
  @ApiProblem(429, 'too-many-reads')
  @ApiProblem(503, 'store-unavailable', 'reads-overloaded')
  async listEquipment(
    @Query() page: PageQuery,
    @RequestBudget(EQUIPMENT_LIMITS) budget: WorkBudget,
    @CurrentCaller() { subject, equipment }: Caller,
  ): Promise<EquipmentPageView> {
    const query = positionOf(page, CURSOR_QUERY, parseEquipmentId);
    const weight = Math.ceil(query.limit / EQUIPMENT_PER_WEIGHT);
    const { items, next } = await this.reads.run({ caller: subject, weight, budget }, async () =>
      this.equipment.list({ ...query, restriction: equipment }, budget),
    );
    return { items: items.map(toEquipmentView), nextCursor: cursorAt(next, CURSOR_QUERY) };
  }

  @Get('overview')
  @RequiresScope('sensorflow/read')
  @KeepsToEquipment('by-handler')
  @ApiOperation({
    summary: 'Show what each equipment sent last, and whether it sends as it usually does',
    description:
      'Values and states are exact at the moment of the answer; new equipment is listed seconds after its first reading. Equipment whose newest reading lies behind too many removed ones is left out. A page can be short of its limit; the list ends where nextCursor is null. With `state` or `sort` equipment is chosen from what the process knows of all of it, which lags by a second or two: it looks at all equipment once, and follows the changes while somebody asks. `pending` says how much it has still to look at.',
  })
  @ApiOkResponse({ type: EquipmentOverviewView })
  @ApiFaultyInput('invalid-request', {
    pointer: '/search',
    code: 'search-invalid',
    detail: 'The search is 1 to 128 of the characters that an equipmentId can have.',
  })
  @ApiProblem(400, 'cursor-invalid', 'fleet-too-large')
  @ApiProblem(429, 'too-many-reads')
  @ApiProblem(503, 'store-unavailable', 'reads-overloaded')
  async showOverview(
    @Query() { search, trend: withTrend = false, state, sort, order, ...page }: OverviewQuery,
    @RequestBudget(EQUIPMENT_LIMITS) budget: WorkBudget,
    @CurrentCaller() { subject, equipment: restriction }: Caller,
  ): Promise<EquipmentOverviewView> {
    const { limit = DEFAULT_LIMIT } = page;
    const calls = limit * (withTrend ? CALLS_WITH_TREND : 1);
    const read = { caller: subject, weight: Math.ceil(calls / EQUIPMENT_PER_WEIGHT), budget };
    const asked = { search, restriction, withTrend, limit };
    if (state === undefined && sort === undefined && order === undefined) {
      const cursorQuery = { list: 'overview', search: search ?? null };
      const query = { ...asked, ...positionOf(page, cursorQuery, parseEquipmentId) };
      const listed = await this.reads.run(read, async () => this.overview.list(query, budget));
      return toOverviewView(listed, cursorAt(listed.next, cursorQuery));
    }
    const chosen = { state, sort: sort ?? 'equipmentId', isDescending: order === 'desc' } as const;
    const cursorQuery = chosenCursorQuery(chosen, search);
    const after = page.cursor === undefined ? undefined : placeIn(page.cursor, cursorQuery);
    const query = { ...asked, ...chosen, after };
    const listed = await this.reads.run(read, async () => this.overview.choose(query, budget));
    return toOverviewView(listed, cursorBehind(listed.next, cursorQuery));
  }

  @Get(':equipmentId/metrics')
  @RequiresScope('sensorflow/read')
  @ApiOperation({
    summary: 'List the metrics of one equipment',
    description:
      'Every metric that it ever sent, in order (by character code). The list ends where nextCursor is null.',
  })
  @ApiParam({
    name: 'equipmentId',
    schema: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$' },
    example: 'EQ-12495',
  })
  @ApiPageQuery()
  @ApiOkResponse({ type: MetricPageView })
  @ApiFaultyInput('invalid-request', {
    pointer: '/limit',
    code: 'limit-invalid',
    detail: 'The limit is a whole number from 1 to 1000.',
  })
  @ApiProblem(400, 'cursor-invalid')
  @ApiPathProblems()
  @ApiProblem(400, 'equipment-id-missing', 'equipment-id-invalid', 'equipment-id-reserved')
  @ApiProblem(404, 'equipment-unknown')
  @ApiProblem(429, 'too-many-reads')
  @ApiProblem(503, 'store-unavailable', 'reads-overloaded')
  async listMetrics(
    @Param('equipmentId') equipmentIdText: string,
    @Query() query: QueryString,
    @RequestBudget() budget: WorkBudget,
    @CurrentCaller() { subject }: Caller,
  ): Promise<MetricPageView> {
    const { equipmentId, page } = metricsQueryOf(equipmentIdText, query);
    const cursorQuery = { list: 'metrics', equipmentId };
    const position = positionOf(page, cursorQuery, parseMetricName);
    const { items, next } = await this.reads.run({ caller: subject, weight: 1, budget }, async () =>
      this.equipment.metrics({ equipmentId, ...position }, budget),
    );
    return { items, nextCursor: cursorAt(next, cursorQuery) };
  }
}

/** Throws DomainError `invalid-request` with every fault of path and query; an equipment id's fault alone is the code. */
function metricsQueryOf(equipmentIdText: string, query: QueryString) {
  const parameters = new QueryParameters(query, ['limit', 'cursor']);
  const equipmentId = parameters.faults.valueOf('/equipmentId', parseEquipmentId(equipmentIdText));
  const page = pageIn(parameters);
  parameters.assertFaultless(
    'equipment-id-missing',
    'equipment-id-invalid',
    'equipment-id-reserved',
  );
  if (equipmentId === undefined) throw new Error('no equipment, and no fault');
  return { equipmentId, page };
}

function positionOf(
  { limit = DEFAULT_LIMIT, cursor }: PageQuery,
  cursorQuery: CursorQuery,
  parse: (text: string) => Parsed<string>,
) {
  return { limit, ...(cursor !== undefined && { after: positionIn(cursor, cursorQuery, parse) }) };
}

function cursorAt(next: string | undefined, query: CursorQuery): string | null {
  return next === undefined ? null : encodeCursor(query, [next]);
}

function positionIn(
  cursor: string,
  query: CursorQuery,
  parse: (text: string) => Parsed<string>,
): string {
  const parsed = parse(decodeCursor(cursor, query)[0] ?? '');
  if (parsed.ok) return parsed.value;
  throw cursorInvalid();
}
