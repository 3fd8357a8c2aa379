import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Caller } from '@sensorflow/auth';
import {
  CurrentCaller,
  KeepsToEquipment,
  RequiresScope,
} from '@sensorflow/auth/http/auth.decorators.js';
import { DomainError, type Parsed, type WorkBudget } from '@sensorflow/kernel';
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
import { PageQuery } from '@sensorflow/platform/http/page.query.js';
import { ReadScheduler } from '@sensorflow/platform/http/read-scheduler.js';
import { RequestBudget } from '@sensorflow/platform/http/request-budget.js';
import { parseEquipmentId, parseMetricName } from '@sensorflow/sensor-data';
import { EQUIPMENT_LIMITS, KnownEquipment } from '../known-equipment.js';
import { EquipmentPageView, MetricPageView, toEquipmentView } from './equipment.view.js';

const DEFAULT_LIMIT = 100;
/** Looking up so many takes as long as reading one answer of some hundreds of hours. */
const EQUIPMENT_PER_WEIGHT = 8;
/** The limit is not part of it: the next page may have another size. */
const CURSOR_QUERY = { list: 'equipment' };

/** The equipment that has readings. */
@ApiTags('equipment')
@Controller('equipment')
export class EquipmentController {
  constructor(
    private readonly equipment: KnownEquipment,
    private readonly reads: ReadScheduler,
  ) {}

  @Get()
  @RequiresScope('sensorflow/read')
  @KeepsToEquipment('by-handler')
  @ApiOperation({
    summary: 'List the equipment that has readings',
    description:
      'First and last reading are exact at the moment of the answer; new equipment and new metrics are listed seconds after their first reading. A page can be short of its limit; the list ends where nextCursor is null.',
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
    @Query() texts: PageQuery,
    @RequestBudget(EQUIPMENT_LIMITS) budget: WorkBudget,
    @CurrentCaller() { subject, equipment }: Caller,
  ): Promise<EquipmentPageView> {
    const query = pageQueryOf(texts, CURSOR_QUERY, parseEquipmentId);
    const weight = Math.ceil(query.limit / EQUIPMENT_PER_WEIGHT);
    const { items, next } = await this.reads.run({ caller: subject, weight, budget }, async () =>
      this.equipment.list({ ...query, restriction: equipment }, budget),
    );
    return { items: items.map(toEquipmentView), nextCursor: cursorAt(next, CURSOR_QUERY) };
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
    @Query() texts: PageQuery,
    @RequestBudget() budget: WorkBudget,
    @CurrentCaller() { subject }: Caller,
  ): Promise<MetricPageView> {
    const equipmentId = equipmentIdIn(equipmentIdText);
    const cursorQuery = { list: 'metrics', equipmentId };
    const query = pageQueryOf(texts, cursorQuery, parseMetricName);
    const { items, next } = await this.reads.run({ caller: subject, weight: 1, budget }, async () =>
      this.equipment.metrics({ equipmentId, ...query }, budget),
    );
    return { items, nextCursor: cursorAt(next, cursorQuery) };
  }
}

function equipmentIdIn(text: string): string {
  const parsed = parseEquipmentId(text);
  if (parsed.ok) return parsed.value;
  const { code, detail } = parsed.fault;
  throw new DomainError('invalid', code, detail, {
    faults: [{ pointer: '/equipmentId', code, detail }],
  });
}

function pageQueryOf(
  { limit, cursor }: PageQuery,
  cursorQuery: CursorQuery,
  parse: (text: string) => Parsed<string>,
) {
  const after = cursor === undefined ? {} : { after: positionIn(cursor, cursorQuery, parse) };
  return { limit: Number(limit ?? DEFAULT_LIMIT), ...after };
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
