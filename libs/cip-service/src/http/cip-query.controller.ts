import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { Caller } from '@sensorflow/auth';
import {
  CurrentCaller,
  KeepsToEquipment,
  RequiresScope,
} from '@sensorflow/auth/http/auth.decorators.js';
import type { WorkBudget } from '@sensorflow/kernel';
import {
  ApiFaultyInput,
  ApiPathProblems,
  ApiProblem,
} from '@sensorflow/platform/http/api-problem.decorator.js';
import { QueryParameters, type QueryString } from '@sensorflow/platform/http/query-parameters.js';
import { parseLimit } from '@sensorflow/platform/http/query-values.js';
import { ReadScheduler } from '@sensorflow/platform/http/read-scheduler.js';
import { RequestBudget } from '@sensorflow/platform/http/request-budget.js';
import { parseEquipmentId, type StoredReading } from '@sensorflow/sensor-data';
import { CipReadings } from '../cip-readings.js';
import { recordOf } from '../cip-record.js';
import { CipSettings } from '../cip-settings.js';
import { CipReadingView, CipRowsView, toCipReadingView, toCipRowView } from './cip.views.js';

const ROWS_OF_SENSOR = 10;
const RECENT_ROWS = 50;
/** This many readings with many metrics take as long as a call to the store. */
const READINGS_PER_WEIGHT = 50;
/** Some hundred sensors are looked up for it. */
const RECENT_WEIGHT = 20;
const SENSOR = {
  name: 'equipmentId',
  description: 'the sensor, as id_sensor named it',
  schema: { type: 'string' as const, pattern: '^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$' },
  example: 'estacao_cip',
};
const SENSOR_FAULT = {
  pointer: '/equipmentId',
  code: 'equipment-id-reserved',
  detail: 'batch is a word of the paths of this API.',
};
const LIMIT_FAULT = {
  pointer: '/limit',
  code: 'limit-invalid',
  detail: 'The limit is a whole number from 1 to 1000.',
};

function limitOf(rows: number) {
  const schema = { type: 'integer' as const, minimum: 1, maximum: 1000, default: rows };
  return ApiQuery({ name: 'limit', required: false, schema });
}

/** What screens of the earlier service ask for. */
@ApiTags('earlier service')
@Controller('api/v1')
export class CipQueryController {
  constructor(
    private readonly readings: CipReadings,
    private readonly settings: CipSettings,
    private readonly reads: ReadScheduler,
  ) {}

  @Get('sensor/:equipmentId/latest')
  @RequiresScope('sensorflow/read')
  @ApiOperation({ summary: 'Show the newest reading of a sensor' })
  @ApiParam(SENSOR)
  @ApiOkResponse({ type: CipReadingView })
  @ApiFaultyInput('invalid-request', SENSOR_FAULT)
  @ApiProblem(400, 'range-too-costly')
  @ApiPathProblems()
  @ApiProblem(404, 'no-reading', 'equipment-unknown')
  @ApiProblem(429, 'too-many-reads')
  @ApiProblem(503, 'store-unavailable', 'reads-overloaded')
  async latestOfSensor(
    @Param('equipmentId') sensor: string,
    @Query() query: QueryString,
    @RequestBudget() budget: WorkBudget,
    @CurrentCaller() { subject }: Caller,
  ): Promise<CipReadingView> {
    const { equipmentId } = sensorQueryOf(sensor, query, []);
    const latest = await this.reads.run({ caller: subject, weight: 1, budget }, async () =>
      this.readings.latest(equipmentId, budget),
    );
    return toCipReadingView(recordOf(latest, this.settings.timeZone));
  }

  @Get('query/sensor/:equipmentId/latest')
  @RequiresScope('sensorflow/read')
  @ApiOperation({ summary: 'List the newest readings of a sensor' })
  @ApiParam(SENSOR)
  @limitOf(ROWS_OF_SENSOR)
  @ApiOkResponse({ type: CipRowsView })
  @ApiFaultyInput('invalid-request', LIMIT_FAULT)
  @ApiPathProblems()
  @ApiProblem(429, 'too-many-reads')
  @ApiProblem(503, 'store-unavailable', 'reads-overloaded')
  async listLatestOfSensor(
    @Param('equipmentId') sensor: string,
    @Query() query: QueryString,
    @RequestBudget() budget: WorkBudget,
    @CurrentCaller() { subject }: Caller,
  ): Promise<CipRowsView> {
    const { equipmentId, limit = ROWS_OF_SENSOR } = sensorQueryOf(sensor, query, ['limit']);
    const weight = Math.ceil(limit / READINGS_PER_WEIGHT);
    const rows = await this.reads.run({ caller: subject, weight, budget }, async () =>
      this.readings.latestOf(equipmentId, limit, budget),
    );
    return this.rowsOf(`the newest ${limit} readings of ${equipmentId}`, rows);
  }

  @Get('query/recent')
  @RequiresScope('sensorflow/read')
  @KeepsToEquipment('by-handler')
  @ApiOperation({
    summary: 'List the newest readings of the last 24 hours',
    description:
      'Of the 20 sensors that sent something last. Where more than 200 sent something, 200 of those with readings in the newest hours are looked at; of a key with `equipmentIds`, its first 200.',
  })
  @limitOf(RECENT_ROWS)
  @ApiOkResponse({ type: CipRowsView })
  @ApiFaultyInput('invalid-request', LIMIT_FAULT)
  @ApiProblem(429, 'too-many-reads')
  @ApiProblem(503, 'store-unavailable', 'reads-overloaded')
  async listRecent(
    @Query() query: QueryString,
    @RequestBudget() budget: WorkBudget,
    @CurrentCaller() { subject, equipment }: Caller,
  ): Promise<CipRowsView> {
    const parameters = new QueryParameters(query, ['limit']);
    const limit = parameters.valueOf('limit', parseLimit) ?? RECENT_ROWS;
    parameters.assertFaultless();
    const read = { caller: subject, weight: RECENT_WEIGHT, budget };
    const rows = await this.reads.run(read, async () =>
      this.readings.recent(limit, equipment, budget),
    );
    return this.rowsOf(`the newest ${limit} readings of the last 24 hours`, rows);
  }

  private rowsOf(query: string, readings: readonly StoredReading[]): CipRowsView {
    const results = readings.map((one) => toCipRowView(recordOf(one, this.settings.timeZone)));
    return { query, results, row_count: results.length };
  }
}

/** Throws DomainError `invalid-request` with every fault of path and query. */
function sensorQueryOf(sensor: string, query: QueryString, known: readonly string[]) {
  const parameters = new QueryParameters(query, known);
  const equipmentId = parameters.faults.valueOf('/equipmentId', parseEquipmentId(sensor));
  const limit = parameters.valueOf('limit', parseLimit);
  parameters.assertFaultless();
  if (equipmentId === undefined) throw new Error('no sensor, and no fault');
  return { equipmentId, ...(limit !== undefined && { limit }) };
}
