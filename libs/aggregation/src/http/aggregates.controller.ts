import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Caller } from '@sensorflow/auth';
import {
  CurrentCaller,
  KeepsToEquipment,
  RequiresScope,
} from '@sensorflow/auth/http/auth.decorators.js';
import { Clock, instantToEpochMs, type Instant, type WorkBudget } from '@sensorflow/kernel';
import {
  ApiFaultyInput,
  ApiProblem,
  ApiProblemWith,
} from '@sensorflow/platform/http/api-problem.decorator.js';
import { ReadScheduler } from '@sensorflow/platform/http/read-scheduler.js';
import { RequestBudget } from '@sensorflow/platform/http/request-budget.js';
import { assertNotAhead, DEFAULT_METRIC } from '@sensorflow/sensor-data';
import { EquipmentMetrics } from '../equipment-metrics.js';
import { HourlyAggregates, type AggregatesReport } from '../hourly-aggregates.js';
import { PastHours } from '../hours/past-hours.js';
import { positionIn, type PagePosition } from './aggregates-cursor.js';
import {
  aggregatesRequestOf,
  hoursOf,
  type AggregatesRequest,
  type MetricRequest,
} from './aggregates-request.js';
import { AggregatesQuery } from './aggregates.query.js';
import { FleetHoursQuery } from './fleet-hours.query.js';
import { FleetHoursView, toFleetHoursView } from './fleet-hours.view.js';
import { HOURS_OF_INTERVAL } from './intervals.js';
import { MetricUnknownView } from './metric-unknown.view.js';
import { readWeightOf } from './read-weight.js';
import { AggregatesView, toAggregatesView } from './aggregates.view.js';

/** Hourly aggregates and their summary. */
@ApiTags('aggregates')
@Controller('sensor-data/aggregated')
export class AggregatesController {
  constructor(
    private readonly aggregates: HourlyAggregates,
    private readonly past: PastHours,
    private readonly metrics: EquipmentMetrics,
    private readonly clock: Clock,
    private readonly reads: ReadScheduler,
  ) {}

  @Get()
  @RequiresScope('sensorflow/read')
  @KeepsToEquipment('in-query')
  @ApiOperation({
    summary: 'Show hourly aggregates of one metric, and their summary',
    description:
      'Takes either interval, or from and to. Of one equipment, metric may be left out where it has only one.',
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
  @ApiProblemWith(MetricUnknownView, 400, 'metric-unknown')
  @ApiProblem(404, 'equipment-unknown')
  @ApiProblem(429, 'too-many-reads')
  @ApiProblem(503, 'store-unavailable', 'reads-overloaded')
  async showAggregates(
    @Query() query: AggregatesQuery,
    @RequestBudget() budget: WorkBudget,
    @CurrentCaller() { subject }: Caller,
  ): Promise<AggregatesView> {
    const asked = aggregatesRequestOf(query);
    const { asOf, equipmentId } = asked;
    const now = this.clock.nowEpochMs();
    if (asOf !== undefined) assertNotAhead(asOf, now);
    const end = asOf === undefined ? now : endOf(asOf);
    const weight = readWeightOf(hoursOf(asked.window, end), equipmentId, asOf);
    return this.reads.run({ caller: subject, weight, budget }, async () =>
      this.showPage(asked, end, budget),
    );
  }

  @Get('fleet')
  @RequiresScope('sensorflow/read')
  @ApiOperation({
    summary: 'Show what all equipment together measured of one metric, hour by hour',
    description: 'Takes either interval, or from and to. All hours are in one answer.',
  })
  @ApiOkResponse({ type: FleetHoursView })
  @ApiFaultyInput('invalid-request', {
    pointer: '/interval',
    code: 'interval-invalid',
    detail: 'The interval is one of 24h, 48h, 1w, 1m.',
  })
  @ApiProblem(400, 'interval-or-range', 'range-empty', 'range-too-long')
  @ApiProblem(429, 'too-many-reads')
  @ApiProblem(503, 'store-unavailable', 'reads-overloaded')
  async showFleetHours(
    @Query() query: FleetHoursQuery,
    @RequestBudget() budget: WorkBudget,
    @CurrentCaller() { subject }: Caller,
  ): Promise<FleetHoursView> {
    const { window, metric = DEFAULT_METRIC } = aggregatesRequestOf(query, FleetHoursQuery);
    const range = hoursOf(window, this.clock.nowEpochMs());
    const weight = readWeightOf(range, undefined);
    return this.reads.run({ caller: subject, weight, budget }, async () =>
      toFleetHoursView(metric, range, await this.aggregates.fleetHours(metric, range, budget)),
    );
  }

  private async metricOf(
    { metric, equipmentId }: AggregatesRequest,
    budget: WorkBudget,
  ): Promise<string> {
    if (metric !== undefined) return metric;
    return equipmentId === undefined
      ? DEFAULT_METRIC
      : this.metrics.metricMeant(equipmentId, budget);
  }

  private async showPage(
    asked: AggregatesRequest,
    endEpochMs: number,
    budget: WorkBudget,
  ): Promise<AggregatesView> {
    const { metric, equipmentId } = asked;
    const request = { ...asked, metric: await this.metricOf(asked, budget) };
    const position = positionOf(request, endEpochMs);
    const report = await this.reportOf(request, position, budget);
    // One that was not named is one that the equipment has.
    if (equipmentId !== undefined && metric !== undefined && isEmpty(report)) {
      await this.metrics.requireMetric(equipmentId, metric, budget);
    }
    return toAggregatesView(request, position.range, report);
  }

  private reportOf(
    { metric, limit, equipmentId, asOf }: MetricRequest,
    position: Position,
    budget: WorkBudget,
  ): Promise<AggregatesReport> {
    const query = { metric, limit, ...position };
    if (equipmentId === undefined) return this.aggregates.report(query, budget);
    return asOf === undefined
      ? this.aggregates.report({ ...query, equipmentId }, budget)
      : this.past.report({ ...query, equipmentId, asOf }, budget);
  }
}

type Position = Pick<PagePosition, 'range'> & Partial<PagePosition>;

function positionOf(request: MetricRequest, endEpochMs: number): Position {
  return request.cursor === undefined
    ? { range: hoursOf(request.window, endEpochMs) }
    : positionIn(request, request.cursor, endEpochMs);
}

/** Where an interval ends that was asked for then; nothing stood so early that it would begin before 1970. */
function endOf(asOf: Instant): number {
  return Math.max(instantToEpochMs(asOf), LONGEST_INTERVAL_MS);
}

const LONGEST_INTERVAL_MS = HOURS_OF_INTERVAL['1m'] * 3_600_000;

function isEmpty({ summary, notShown }: AggregatesReport): boolean {
  return summary === undefined && notShown.length === 0;
}
