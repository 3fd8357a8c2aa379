import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Caller } from '@sensorflow/auth';
import { CurrentCaller, RequiresScope } from '@sensorflow/auth/http/auth.decorators.js';
import { Clock, type WorkBudget } from '@sensorflow/kernel';
import { ApiFaultyInput, ApiProblem } from '@sensorflow/platform/http/api-problem.decorator.js';
import { ReadScheduler } from '@sensorflow/platform/http/read-scheduler.js';
import { RequestBudget } from '@sensorflow/platform/http/request-budget.js';
import { HourlyAggregates } from '../hourly-aggregates.js';
import { positionIn } from './aggregates-cursor.js';
import { aggregatesRequestOf, hoursOf } from './aggregates-request.js';
import { AggregatesQueryTexts } from './aggregates.query.js';
import { readWeightOf } from './read-weight.js';
import { AggregatesView, toAggregatesView } from './aggregates.view.js';

/** Hourly aggregates and their summary. */
@ApiTags('aggregates')
@Controller('sensor-data/aggregated')
export class AggregatesController {
  constructor(
    private readonly aggregates: HourlyAggregates,
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
    const now = this.clock.nowEpochMs();
    const page =
      request.cursor === undefined
        ? { range: hoursOf(request.window, now) }
        : positionIn(request, request.cursor, now);
    const { metric, limit, equipmentId } = request;
    const filter = equipmentId === undefined ? {} : { equipmentId };
    const read = { caller: subject, weight: readWeightOf(page.range, equipmentId), budget };
    const report = await this.reads.run(read, async () =>
      this.aggregates.report({ metric, limit, ...filter, ...page }, budget),
    );
    return toAggregatesView(request, page.range, report);
  }
}
