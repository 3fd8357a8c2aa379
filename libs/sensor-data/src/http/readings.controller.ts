import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import {
  ApiBody,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import { RequiresScope } from '@sensorflow/auth/http/auth.decorators.js';
import { DomainError } from '@sensorflow/kernel';
import { ApiProblem } from '@sensorflow/platform/http/api-problem.decorator.js';
import { MaxBodyBytes } from '@sensorflow/platform/http/max-body-bytes.decorator.js';
import { parseEquipmentId } from '../equipment-id.js';
import { SensorData } from '../sensor-data.js';
import { nextCursorOf, readingRangeOf } from './reading-range.js';
import { READING_SCHEMA } from './reading.schema.js';
import { ReadingPageView, ReadingView, toReadingView } from './reading.view.js';
import { ReadingsQuery } from './readings.query.js';

const MAX_READING_BYTES = 256 * 1024;

/** Single readings in, and readings of one equipment out. */
@ApiTags('sensor data')
@Controller('sensor-data')
export class ReadingsController {
  constructor(private readonly sensorData: SensorData) {}

  @Post()
  @MaxBodyBytes(MAX_READING_BYTES)
  @ApiOperation({
    summary: 'Record one reading',
    description: 'Answers 201 once the reading is durable. Sending it again is always safe.',
  })
  @ApiBody({ schema: READING_SCHEMA })
  @ApiCreatedResponse({ type: ReadingView, description: 'the reading as stored' })
  @ApiProblem(400, 'invalid-reading', 'reading-not-storable', 'json-malformed', 'json-too-deep')
  @ApiProblem(413, 'body-too-large')
  @ApiProblem(415, 'content-type-unsupported')
  @ApiProblem(503, 'write-not-accepted', 'outcome-unknown')
  @RequiresScope('sensorflow/write')
  async recordReading(@Body() body: unknown): Promise<ReadingView> {
    return toReadingView(await this.sensorData.recordReading(body));
  }

  @Get(':equipmentId')
  @ApiOperation({ summary: 'List the readings of one equipment in order of time' })
  @ApiParam({ name: 'equipmentId', example: 'EQ-12495' })
  @ApiOkResponse({ type: ReadingPageView })
  @ApiProblem(
    400,
    'equipment-id-invalid',
    'equipment-id-reserved',
    'invalid-request',
    'range-empty',
    'cursor-invalid',
  )
  @ApiProblem(503, 'store-unavailable')
  @RequiresScope('sensorflow/read')
  async listReadings(
    @Param('equipmentId') equipmentId: string,
    @Query() query: ReadingsQuery,
  ): Promise<ReadingPageView> {
    const range = readingRangeOf(equipmentIdOf(equipmentId), query);
    const page = await this.sensorData.listReadings(range);
    return {
      items: page.readings.map(toReadingView),
      nextCursor: nextCursorOf(range, page.next),
    };
  }

  @Get(':equipmentId/latest')
  @ApiOperation({ summary: 'Show the newest reading of one equipment' })
  @ApiParam({ name: 'equipmentId', example: 'EQ-12495' })
  @ApiOkResponse({ type: ReadingView })
  @ApiProblem(400, 'equipment-id-invalid', 'equipment-id-reserved')
  @ApiProblem(404, 'no-reading')
  @ApiProblem(503, 'store-unavailable')
  @RequiresScope('sensorflow/read')
  async latestReading(@Param('equipmentId') equipmentId: string): Promise<ReadingView> {
    return toReadingView(await this.sensorData.latestReading(equipmentIdOf(equipmentId)));
  }
}

function equipmentIdOf(text: string): string {
  const parsed = parseEquipmentId(text);
  if (parsed.ok) return parsed.value;
  const code = text === '' ? 'equipment-id-invalid' : parsed.fault.code;
  throw new DomainError('invalid', code, parsed.fault.detail);
}
