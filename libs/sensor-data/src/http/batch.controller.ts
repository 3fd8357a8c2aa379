import { Body, Controller, Headers, HttpStatus, Post, Query, Res } from '@nestjs/common';
import {
  ApiBody,
  ApiConsumes,
  ApiCreatedResponse,
  ApiOperation,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { Caller } from '@sensorflow/auth';
import {
  CurrentCaller,
  KeepsToEquipment,
  RequiresScope,
} from '@sensorflow/auth/http/auth.decorators.js';
import { AcceptsNdjson } from '@sensorflow/platform/http/accepts-ndjson.decorator.js';
import { ApiProblem, ApiProblemWith } from '@sensorflow/platform/http/api-problem.decorator.js';
import { AdvisesOnContent } from '@sensorflow/platform/http/content-advice.decorator.js';
import { MaxBodyBytes } from '@sensorflow/platform/http/max-body-bytes.decorator.js';
import type { QueryString } from '@sensorflow/platform/http/query-parameters.js';
import type { FastifyReply } from 'fastify';
import { SensorDataService } from '../sensor-data.service.js';
import { BATCH_BODY, BATCH_CONTENT_TYPES } from './batch.body.js';
import { documentsOf } from './batch-document.js';
import { BatchVerdictView } from './batch.view.js';
import { MAX_BATCH_BYTES } from './body-limits.js';
import { ApiIngestQuery, ingestOptionsOf } from './ingest-query.js';

const CONTENT_ADVICE = {
  'multipart/': 'Files go to POST /sensor-data/upload-csv.',
  'text/plain':
    'Readings in line protocol are written as JSON, one a line: equipmentId, timestamp, values.',
  'text/csv': 'CSV files go to POST /sensor-data/upload-csv.',
};

/** Many readings at once, each with a verdict of its own. */
@ApiTags('sensor data')
@Controller('sensor-data/batch')
export class BatchController {
  constructor(private readonly sensorData: SensorDataService) {}

  @Post()
  @AcceptsNdjson()
  @MaxBodyBytes(MAX_BATCH_BYTES)
  @AdvisesOnContent(CONTENT_ADVICE)
  @ApiOperation({
    summary: 'Record up to 10,000 readings',
    description:
      'One invalid reading holds up none of the others. Of several values for the same equipment, ' +
      'instant and metric the last stands, and each reading counts as stored. The same batch can always be sent again.',
  })
  @ApiIngestQuery()
  @ApiConsumes(...BATCH_CONTENT_TYPES)
  @ApiBody(BATCH_BODY)
  @ApiCreatedResponse({ type: BatchVerdictView, description: 'every reading is stored' })
  @ApiResponse({
    status: 207,
    type: BatchVerdictView,
    description: 'some are rejected, the rest stored',
  })
  @ApiProblemWith(BatchVerdictView, 400, 'no-valid-reading')
  @ApiProblem(400, 'batch-empty', 'too-many-readings', 'batch-not-an-array')
  @ApiProblemWith(BatchVerdictView, 429, 'too-many-new-metric-names')
  @ApiProblemWith(BatchVerdictView, 503, 'batch-unconfirmed', 'server-clock-wrong')
  @ApiProblem(503, 'overloaded', 'shutting-down')
  @RequiresScope('sensorflow/write')
  @KeepsToEquipment('by-handler')
  async recordBatch(
    @CurrentCaller() caller: Caller,
    @Body() body: unknown,
    @Headers('content-type') contentType: string | undefined,
    @Query() query: QueryString,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<BatchVerdictView> {
    const options = ingestOptionsOf(query);
    const documents = documentsOf(body, contentType, options.precision && 'timestamp');
    const { subject, equipment } = caller;
    const verdict = await this.sensorData.recordBatch(documents, subject, equipment, options);
    if (verdict.rejected.length > 0) void reply.status(HttpStatus.MULTI_STATUS);
    return verdict;
  }
}
