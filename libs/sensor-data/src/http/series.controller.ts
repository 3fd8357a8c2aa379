import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { Caller } from '@sensorflow/auth';
import { CurrentCaller, RequiresScope } from '@sensorflow/auth/http/auth.decorators.js';
import { instantToEpochMs, type WorkBudget } from '@sensorflow/kernel';
import {
  ApiFaultyInput,
  ApiPathProblems,
  ApiProblem,
} from '@sensorflow/platform/http/api-problem.decorator.js';
import type { QueryString } from '@sensorflow/platform/http/query-parameters.js';
import { ReadScheduler } from '@sensorflow/platform/http/read-scheduler.js';
import { RequestBudget } from '@sensorflow/platform/http/request-budget.js';
import { SensorDataService } from '../sensor-data.service.js';
import { SERIES_LIMITS, type SeriesQuery } from '../series/reading-series.js';
import { ApiRangeQuery } from './api-readings-query.decorator.js';
import { EQUIPMENT_ID_SCHEMA, METRIC_SCHEMA } from './reading.schema.js';
import { DEFAULT_BUCKETS, MOST_BUCKETS, MOST_SERIES, seriesQueryOf } from './series-query.js';
import { SeriesView, toSeriesView } from './series.view.js';

const MS_PER_DAY = 86_400_000;

const DESCRIPTION = `For charts: the range is cut into equal parts, and of each metric and part the first, last, lowest and highest reading stay, and both sides of the longest gap: what is drawn in as many columns looks the same. Nothing is averaged; of few readings all stay. An answer works for about 5 s, or through 200,000 readings: then \`rest\` says from where to ask on.`;

/** Readings as a chart draws them. */
@ApiTags('sensor data')
@Controller('sensor-data')
export class SeriesController {
  constructor(
    private readonly sensorData: SensorDataService,
    private readonly reads: ReadScheduler,
  ) {}

  @Get(':equipmentId/series')
  @ApiPathProblems()
  @ApiOperation({
    summary: 'Show many readings by few points that keep every extreme and gap',
    description: DESCRIPTION,
  })
  @ApiParam({ name: 'equipmentId', schema: EQUIPMENT_ID_SCHEMA, example: 'EQ-12495' })
  @ApiRangeQuery({ required: true })
  @ApiQuery({
    name: 'metric',
    required: true,
    schema: { type: 'array', items: METRIC_SCHEMA, minItems: 1, maxItems: MOST_SERIES },
    explode: true,
    description: 'each metric by a parameter of its own',
  })
  @ApiQuery({
    name: 'buckets',
    required: false,
    schema: { type: 'integer', minimum: 1, maximum: MOST_BUCKETS, default: DEFAULT_BUCKETS },
    description: 'the parts of the range: as many as the chart has columns of pixels, or fewer',
  })
  @ApiOkResponse({ type: SeriesView })
  @ApiFaultyInput('invalid-request', {
    pointer: '/metric',
    code: 'metric-missing',
    detail: 'Name the metrics to show, each by a parameter of its own: metric=a&metric=b.',
  })
  @ApiProblem(400, 'equipment-id-invalid', 'equipment-id-reserved', 'range-empty')
  @ApiProblem(400, 'range-too-long', 'range-too-costly')
  @ApiProblem(404, 'equipment-unknown')
  @ApiProblem(429, 'too-many-reads')
  @ApiProblem(503, 'store-unavailable', 'reads-overloaded')
  @RequiresScope('sensorflow/read')
  async showSeries(
    @Param('equipmentId') equipmentId: string,
    @Query() query: QueryString,
    @RequestBudget(SERIES_LIMITS) budget: WorkBudget,
    @CurrentCaller() { subject }: Caller,
  ): Promise<SeriesView> {
    const asked = seriesQueryOf(equipmentId, query);
    const read = { caller: subject, weight: weightOf(asked), budget };
    const part = await this.reads.run(read, async () => this.sensorData.series(asked, budget));
    return toSeriesView(asked, part);
  }
}

/** About one call reads a day of one reading a minute; longer reads weigh more as they go on. */
function weightOf({ from, to }: SeriesQuery): number {
  return 1 + Math.ceil((instantToEpochMs(to) - instantToEpochMs(from)) / MS_PER_DAY);
}
