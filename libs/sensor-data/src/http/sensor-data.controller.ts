import {
  Controller,
  Delete,
  Get,
  HttpCode,
  HttpStatus,
  Param,
  Post,
  Query,
  Req,
} from '@nestjs/common';
import {
  ApiBody,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiQuery,
  ApiTags,
} from '@nestjs/swagger';
import type { Caller } from '@sensorflow/auth';
import {
  Audited,
  CurrentCaller,
  KeepsToEquipment,
  RequiresScope,
} from '@sensorflow/auth/http/auth.decorators.js';
import type { WorkBudget, WorkLimits } from '@sensorflow/kernel';
import {
  ApiFaultyInput,
  ApiPathProblems,
  ApiProblem,
  ApiProblemWith,
} from '@sensorflow/platform/http/api-problem.decorator.js';
import { AdvisesOnContent } from '@sensorflow/platform/http/content-advice.decorator.js';
import { IgnoresBody } from '@sensorflow/platform/http/ignores-body.decorator.js';
import { KeepsNumberText } from '@sensorflow/platform/http/keeps-number-text.decorator.js';
import { MaxBodyBytes } from '@sensorflow/platform/http/max-body-bytes.decorator.js';
import { ApiPageQuery } from '@sensorflow/platform/http/page.query.js';
import type { QueryString } from '@sensorflow/platform/http/query-parameters.js';
import { ReadScheduler } from '@sensorflow/platform/http/read-scheduler.js';
import { RequestBudget } from '@sensorflow/platform/http/request-budget.js';
import type { FastifyRequest } from 'fastify';
import { SensorDataService } from '../sensor-data.service.js';
import { ApiAsOfQuery, ApiRangeQuery, ApiReadingsQuery } from './api-readings-query.decorator.js';
import { MAX_READING_BYTES } from './body-limits.js';
import { historyCursorOf, historyQueryOf } from './history-query.js';
import { HistoryPageView, toPastValueView } from './history.view.js';
import { ApiIngestQuery, ingestOptionsOf } from './ingest-query.js';
import { latestQueryOf, nextCursorOf, readingRangeOf } from './reading-range.js';
import { EQUIPMENT_ID_SCHEMA, METRIC_SCHEMA, NEW_READING } from './reading.schema.js';
import { ReadingPageView, ReadingView, toReadingView } from './reading.view.js';
import { rangeRemovalOf, readingRemovalOf } from './removal-request.js';
import { RemovalRestView } from './removal.view.js';

const WRITE_FAILURES = ['write-not-accepted', 'server-clock-wrong', 'outcome-unknown'];

/** This many readings with many metrics take as long as a call to the store. */
const READINGS_PER_WEIGHT = 50;
/** Three calls look at an instant, and one at the marks of undone imports. */
const INSTANT_WEIGHT = 4;
/** As a page of a thousand readings. */
const RANGE_REMOVAL_WEIGHT = 20;
/** A drain lets it come to its end. */
const RANGE_REMOVAL_LIMITS: WorkLimits = { storeCalls: 2_000, ms: 8_000 };

const CONTENT_ADVICE = {
  'application/x-ndjson': 'Several readings in one request go to POST /sensor-data/batch.',
  'multipart/': 'Files go to POST /sensor-data/upload-csv.',
  'text/plain': 'A reading in line protocol is written as JSON: equipmentId, timestamp, values.',
  'text/csv': 'CSV files go to POST /sensor-data/upload-csv.',
};

/** Single readings in, and readings of one equipment out. */
@ApiTags('sensor data')
@Controller('sensor-data')
export class SensorDataController {
  constructor(
    private readonly sensorData: SensorDataService,
    private readonly reads: ReadScheduler,
  ) {}

  @Post()
  @MaxBodyBytes(MAX_READING_BYTES)
  @AdvisesOnContent(CONTENT_ADVICE)
  @KeepsNumberText('timestamp', 'precision')
  @ApiOperation({
    summary: 'Record one reading',
    description:
      'Answers 201 once the reading is durable, with what was sent. Sending it again is always safe. ' +
      'Metrics that other messages brought for the same instant stay.',
  })
  @ApiBody({ schema: NEW_READING })
  @ApiCreatedResponse({ type: ReadingView, description: 'what was sent, in canonical form' })
  @ApiFaultyInput('invalid-reading', {
    pointer: '/timestamp',
    code: 'timestamp-offset-missing',
    detail: 'The offset from UTC is mandatory: end the timestamp with Z or, say, +01:00.',
  })
  @ApiIngestQuery()
  @ApiProblem(400, 'reading-not-storable')
  @ApiProblem(429, 'too-many-new-metric-names')
  @ApiProblem(503, 'metric-names-unknown', ...WRITE_FAILURES)
  @ApiProblem(503, 'overloaded', 'shutting-down')
  @RequiresScope('sensorflow/write')
  @KeepsToEquipment('by-handler')
  async recordReading(
    @CurrentCaller() caller: Caller,
    @Req() { body }: FastifyRequest,
    @Query() query: QueryString,
  ): Promise<ReadingView> {
    // `recordQuickly` serves this route instead: a guard, pipe or interceptor that is put here would not run.
    // Not @Body(): pipes have nothing to do for it, and passing them is seen in its CPU.
    const { subject, equipment } = caller;
    const options = ingestOptionsOf(query);
    return toReadingView(await this.sensorData.recordReading(body, subject, equipment, options));
  }

  @Get(':equipmentId')
  @ApiPathProblems()
  @ApiOperation({ summary: 'List the readings of one equipment in order of time' })
  @ApiParam({ name: 'equipmentId', schema: EQUIPMENT_ID_SCHEMA, example: 'EQ-12495' })
  @ApiReadingsQuery()
  @ApiAsOfQuery()
  @ApiOkResponse({ type: ReadingPageView })
  @ApiFaultyInput('invalid-request', {
    pointer: '/from',
    code: 'timestamp-offset-missing',
    detail: 'The offset from UTC is mandatory: end the timestamp with Z or, say, +01:00.',
  })
  @ApiProblem(400, 'equipment-id-invalid', 'equipment-id-reserved', 'range-empty', 'cursor-invalid')
  @ApiProblem(400, 'as-of-in-future')
  @ApiProblem(404, 'equipment-unknown')
  @ApiProblem(429, 'too-many-reads')
  @ApiProblem(503, 'store-unavailable', 'reads-overloaded')
  @RequiresScope('sensorflow/read')
  async listReadings(
    @Param('equipmentId') equipmentId: string,
    @Query() query: QueryString,
    @RequestBudget() budget: WorkBudget,
    @CurrentCaller() { subject }: Caller,
  ): Promise<ReadingPageView> {
    const range = readingRangeOf(equipmentId, query);
    const weight = Math.ceil(range.limit / READINGS_PER_WEIGHT);
    const read = { caller: subject, weight, budget };
    const page = await this.reads.run(read, async () =>
      this.sensorData.listReadings(range, budget),
    );
    return {
      items: page.readings.map(toReadingView),
      nextCursor: nextCursorOf(range, page.next),
    };
  }

  @Get(':equipmentId/latest')
  @ApiPathProblems()
  @ApiOperation({ summary: 'Show the newest reading of one equipment' })
  @ApiParam({ name: 'equipmentId', schema: EQUIPMENT_ID_SCHEMA, example: 'EQ-12495' })
  @ApiAsOfQuery()
  @ApiOkResponse({ type: ReadingView })
  @ApiFaultyInput('invalid-request', {
    pointer: '/asOf',
    code: 'timestamp-offset-missing',
    detail: 'The offset from UTC is mandatory: end the timestamp with Z or, say, +01:00.',
  })
  @ApiProblem(400, 'equipment-id-invalid', 'equipment-id-reserved', 'range-too-costly')
  @ApiProblem(400, 'as-of-in-future')
  @ApiProblem(404, 'no-reading', 'equipment-unknown')
  @ApiProblem(429, 'too-many-reads')
  @ApiProblem(503, 'store-unavailable', 'reads-overloaded')
  @RequiresScope('sensorflow/read')
  async latestReading(
    @Param('equipmentId') equipmentIdText: string,
    @Query() query: QueryString,
    @RequestBudget() budget: WorkBudget,
    @CurrentCaller() { subject }: Caller,
  ): Promise<ReadingView> {
    const { equipmentId, asOf } = latestQueryOf(equipmentIdText, query);
    const latest = await this.reads.run({ caller: subject, weight: 1, budget }, async () =>
      this.sensorData.latestReading(equipmentId, budget, asOf),
    );
    return toReadingView(latest);
  }

  @Get(':equipmentId/:timestamp/history')
  @ApiPathProblems()
  @ApiOperation({
    summary: 'List every value that one instant ever had',
    description:
      'The latest first: also what was corrected or removed, until its hour expires; nothing of an import that was undone.',
  })
  @ApiParam({ name: 'equipmentId', schema: EQUIPMENT_ID_SCHEMA, example: 'EQ-12495' })
  @ApiParam({
    name: 'timestamp',
    description: 'the instant, RFC 3339 with any offset',
    example: '2023-02-15T06:30:00.000Z',
  })
  @ApiPageQuery()
  @ApiOkResponse({ type: HistoryPageView })
  @ApiFaultyInput('invalid-request', {
    pointer: '/timestamp',
    code: 'timestamp-offset-missing',
    detail: 'The offset from UTC is mandatory: end the timestamp with Z or, say, +01:00.',
  })
  @ApiProblem(400, 'equipment-id-invalid', 'equipment-id-reserved', 'cursor-invalid')
  @ApiProblem(400, 'history-too-long')
  @ApiProblem(404, 'equipment-unknown')
  @ApiProblem(429, 'too-many-reads')
  @ApiProblem(503, 'store-unavailable', 'reads-overloaded')
  @RequiresScope('sensorflow/read')
  async showHistory(
    @Param('equipmentId') equipmentId: string,
    @Param('timestamp') timestamp: string,
    @Query() query: QueryString,
    @RequestBudget() budget: WorkBudget,
    @CurrentCaller() { subject }: Caller,
  ): Promise<HistoryPageView> {
    const asked = historyQueryOf(equipmentId, timestamp, query);
    const read = { caller: subject, weight: INSTANT_WEIGHT, budget };
    const page = await this.reads.run(read, async () => this.sensorData.history(asked, budget));
    return {
      items: page.values.map(toPastValueView),
      nextCursor: historyCursorOf(asked, page.next),
    };
  }

  @Delete(':equipmentId/:timestamp')
  @HttpCode(HttpStatus.NO_CONTENT)
  @IgnoresBody()
  @ApiPathProblems()
  @ApiOperation({
    summary: 'Remove one reading',
    description:
      'Answers 204 once all metrics of the instant are gone, or the one that is named; aggregates follow within seconds. A reading that is sent afterwards stands. Retrying an unconfirmed delete returns 404 if it succeeded.',
  })
  @ApiParam({ name: 'equipmentId', schema: EQUIPMENT_ID_SCHEMA, example: 'EQ-12495' })
  @ApiParam({
    name: 'timestamp',
    description: 'the instant of the reading, RFC 3339 with any offset',
    example: '2023-02-15T06:30:00.000Z',
  })
  @ApiQuery({
    name: 'metric',
    required: false,
    schema: METRIC_SCHEMA,
    description: 'this value alone',
  })
  @ApiNoContentResponse({ description: 'the reading is gone' })
  @ApiFaultyInput('invalid-request', {
    pointer: '/timestamp',
    code: 'timestamp-offset-missing',
    detail: 'The offset from UTC is mandatory: end the timestamp with Z or, say, +01:00.',
  })
  @ApiProblem(400, 'equipment-id-invalid', 'equipment-id-reserved', 'reading-too-old')
  @ApiProblem(404, 'no-reading')
  @ApiProblem(429, 'too-many-reads')
  @ApiProblem(503, 'reads-overloaded')
  @ApiProblem(503, 'store-unavailable', 'clock-behind', ...WRITE_FAILURES)
  @ApiProblem(503, 'overloaded', 'shutting-down')
  @RequiresScope('sensorflow/admin')
  @Audited('reading.remove', 'metric')
  async removeReading(
    @Param('equipmentId') equipmentId: string,
    @Param('timestamp') timestamp: string,
    @Query() query: QueryString,
    @RequestBudget() budget: WorkBudget,
    @CurrentCaller() { subject }: Caller,
  ): Promise<void> {
    const removal = readingRemovalOf(equipmentId, timestamp, query);
    const read = { caller: subject, weight: INSTANT_WEIGHT, budget };
    await this.reads.run(read, async () => this.sensorData.removeReading(removal, subject, budget));
  }

  @Delete(':equipmentId')
  @HttpCode(HttpStatus.NO_CONTENT)
  @IgnoresBody()
  @ApiPathProblems()
  @ApiOperation({
    summary: 'Remove the readings of a range',
    description:
      'Answers 204 once everything in the range is gone, or the one metric that is named; aggregates follow within seconds. What is sent afterwards stands. A request works for about 8 s: then it answers 503 `removal-unfinished` with the `rest` of the range, to be sent next. Sending a removal again is always safe.',
  })
  @ApiParam({ name: 'equipmentId', schema: EQUIPMENT_ID_SCHEMA, example: 'EQ-12495' })
  @ApiRangeQuery({ required: true })
  @ApiQuery({
    name: 'metric',
    required: false,
    schema: METRIC_SCHEMA,
    description: 'its values alone',
  })
  @ApiNoContentResponse({ description: 'the readings are gone' })
  @ApiFaultyInput('invalid-request', {
    pointer: '/to',
    code: 'bound-missing',
    detail: 'A removal names both ends of its range: from (included) and to (excluded).',
  })
  @ApiProblem(400, 'equipment-id-invalid', 'equipment-id-reserved', 'range-empty')
  @ApiProblem(400, 'reading-too-old')
  @ApiProblem(404, 'no-reading')
  @ApiProblem(429, 'too-many-reads')
  @ApiProblem(503, 'store-unavailable', 'clock-behind', ...WRITE_FAILURES)
  @ApiProblem(503, 'overloaded', 'shutting-down', 'reads-overloaded')
  @ApiProblemWith(RemovalRestView, 503, 'removal-unfinished')
  @RequiresScope('sensorflow/admin')
  @Audited('readings.remove', 'from', 'to', 'metric')
  async removeRange(
    @Param('equipmentId') equipmentId: string,
    @Query() query: QueryString,
    @RequestBudget(RANGE_REMOVAL_LIMITS) budget: WorkBudget,
    @CurrentCaller() { subject }: Caller,
  ): Promise<void> {
    const range = rangeRemovalOf(equipmentId, query);
    const read = { caller: subject, weight: RANGE_REMOVAL_WEIGHT, budget };
    await this.reads.run(read, async () => this.sensorData.removeRange(range, subject, budget));
  }
}
