import { applyDecorators, Controller, Post, Req } from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Caller } from '@sensorflow/auth';
import {
  CurrentCaller,
  KeepsToEquipment,
  RequiresScope,
} from '@sensorflow/auth/http/auth.decorators.js';
import { ApiFaultyInput, ApiProblem } from '@sensorflow/platform/http/api-problem.decorator.js';
import { MaxBodyBytes } from '@sensorflow/platform/http/max-body-bytes.decorator.js';
import type { FastifyRequest } from 'fastify';
import { CipReadings } from '../cip-readings.js';
import { recordOf } from '../cip-record.js';
import { CipSettings } from '../cip-settings.js';
import { cipBodySchema, CipReadingView, toCipReadingView } from './cip.views.js';

/** The largest of them has some hundred. */
const MAX_BODY_BYTES = 4096;
const ALWAYS = ['id_sensor', 'cip_id', 'status_cip'];

function TakesMeasurement(summary: string, required: readonly string[]): MethodDecorator {
  return applyDecorators(
    MaxBodyBytes(MAX_BODY_BYTES),
    RequiresScope('sensorflow/write'),
    KeepsToEquipment('by-handler'),
    ApiOperation({
      summary,
      description:
        'At least one quantity; numbers may be text, and unknown members are ignored. The instant is that of the arrival: a body that is sent twice is two readings. Answers 201 once the reading is durable.',
    }),
    ApiBody({ schema: cipBodySchema(required) }),
    ApiCreatedResponse({ type: CipReadingView }),
    ApiFaultyInput('invalid-reading', {
      pointer: '/temperature',
      code: 'value-not-a-number',
      detail: 'temperature is a finite number, also as text; not "nan".',
    }),
    ApiProblem(400, 'reading-not-storable'),
    ApiProblem(429, 'too-many-new-metric-names'),
    ApiProblem(
      503,
      'metric-names-unknown',
      'write-not-accepted',
      'server-clock-wrong',
      'outcome-unknown',
    ),
    ApiProblem(503, 'overloaded', 'shutting-down'),
  );
}

/** Where devices of the earlier cleaning-in-place service send what they measure. */
@ApiTags('earlier service')
@Controller('api')
export class CipIngestController {
  constructor(
    private readonly readings: CipReadings,
    private readonly settings: CipSettings,
  ) {}

  @Post('v1/cip_monitoring')
  @TakesMeasurement('Record a measurement of a cleaning in place', ALWAYS)
  recordCipMonitoring(
    @Req() request: FastifyRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<CipReadingView> {
    return this.record(request, caller, true);
  }

  @Post('v1/temperature_reading')
  @TakesMeasurement('Record a measurement, under its other name', ALWAYS)
  recordTemperatureReading(
    @Req() request: FastifyRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<CipReadingView> {
    return this.record(request, caller, true);
  }

  @Post('temperature_reading')
  @TakesMeasurement('Record a measurement of a device that may not know its name', [])
  recordDeviceTemperature(
    @Req() request: FastifyRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<CipReadingView> {
    return this.record(request, caller, false);
  }

  @Post('sensor_data')
  @TakesMeasurement('Record a measurement of a device that knows only what it measures', [])
  recordDeviceMeasurement(
    @Req() request: FastifyRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<CipReadingView> {
    return this.record(request, caller, false);
  }

  private async record(
    { body, ip }: FastifyRequest,
    { subject, username, equipment }: Caller,
    mustBeNamed: boolean,
  ): Promise<CipReadingView> {
    const caller = {
      mustBeNamed,
      callerName: username,
      callerId: subject,
      restriction: equipment,
    };
    const stored = await this.readings.record(body, caller);
    return toCipReadingView(recordOf(stored, this.settings.timeZone), ip);
  }
}
