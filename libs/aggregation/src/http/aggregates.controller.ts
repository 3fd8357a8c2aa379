import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Caller } from '@sensorflow/auth';
import { CurrentCaller, RequiresScope } from '@sensorflow/auth/http/auth.decorators.js';
import { Clock, instantToEpochMs, type Instant, type WorkBudget } from '@sensorflow/kernel';
import { ApiFaultyInput, ApiProblem } from '@sensorflow/platform/http/api-problem.decorator.js';
import { ReadScheduler } from '@sensorflow/platform/http/read-scheduler.js';
import { RequestBudget } from '@sensorflow/platform/http/request-budget.js';
import { assertNotAhead } from '@sensorflow/sensor-data';
import { HourlyAggregates } from '../hourly-aggregates.js';
import { PastHours } from '../hours/past-hours.js';
import { positionIn } from './aggregates-cursor.js';
import { aggregatesRequestOf, hoursOf, type AggregatesRequest } from './aggregates-request.js';
import { AggregatesQueryTexts } from './aggregates.query.js';
import { HOURS_OF_INTERVAL } from './intervals.js';
import { readWeightOf } from './read-weight.js';
import { AggregatesView, toAggregatesView } from './aggregates.view.js';

/** Hourly aggregates and their summary. */
@ApiTags('aggregates')
@Controller('sensor-data/aggregated')
export class AggregatesController {
  constructor(
    private readonly aggregates: HourlyAggregates,
    private readonly past: PastHours,
    private readonly clock: Clock,
    private readonly reads: ReadScheduler,
  ) {}

  @Get()
  @RequiresScope('sensorflow/read')
  @ApiOperation({
    summary: 'Show hourly aggregates of one metric, and their summary',
    description: 'Takes either interval, or from and to.',
  })
  @ApiOkResponse({ type: AggregatesView })
  @ApiFaultyInput('invalid-request', {
    pointer: '/interval',
    code: 'interval-invalid',
    detail: 'The interval is one of 24h, 48h, 1w, 1m.',
  })
  @ApiProblem(
    400,
    'interval-or-range',
    'range-empty',
    'range-too-long',
    'range-too-costly',
    'as-of-in-future',
    'cursor-invalid',
  )
  @ApiProblem(429, 'too-many-reads')
  @ApiProblem(503, 'store-unavailable', 'reads-overloaded')
  async showAggregates(
    @Query() texts: AggregatesQueryTexts,
    @RequestBudget() budget: WorkBudget,
    @CurrentCaller() { subject }: Caller,
  ): Promise<AggregatesView> {
    const request = aggregatesRequestOf(texts);
    const { metric, limit, equipmentId, asOf } = request;
    const now = this.clock.nowEpochMs();
    if (asOf !== undefined) assertNotAhead(asOf, now);
    const page = pageOf(request, asOf === undefined ? now : endOf(asOf));
    const filter = equipmentId === undefined ? {} : { equipmentId };
    const weight = readWeightOf(page.range, equipmentId, asOf);
    const report = await this.reads.run({ caller: subject, weight, budget }, async () =>
      asOf === undefined || equipmentId === undefined
        ? this.aggregates.report({ metric, limit, ...filter, ...page }, budget)
        : this.past.report({ metric, limit, equipmentId, asOf, ...page }, budget),
    );
    return toAggregatesView(request, page.range, report);
  }
}

function pageOf(request: AggregatesRequest, endEpochMs: number) {
  return request.cursor === undefined
    ? { range: hoursOf(request.window, endEpochMs) }
    : positionIn(request, request.cursor, endEpochMs);
}

/** Where an interval ends that was asked for then; nothing stood so early that it would begin before 1970. */
function endOf(asOf: Instant): number {
  return Math.max(instantToEpochMs(asOf), LONGEST_INTERVAL_MS);
}

const LONGEST_INTERVAL_MS = HOURS_OF_INTERVAL['1m'] * 3_600_000;
