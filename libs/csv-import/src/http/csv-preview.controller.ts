import { Body, Controller, HttpCode, Post, Res } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Caller } from '@sensorflow/auth';
import {
  CurrentCaller,
  KeepsToEquipment,
  RequiresScope,
} from '@sensorflow/auth/http/auth.decorators.js';
import { ApiFaultyInput } from '@sensorflow/platform/http/api-problem.decorator.js';
import { AdvisesOnContent } from '@sensorflow/platform/http/content-advice.decorator.js';
import { MaxBodyBytes } from '@sensorflow/platform/http/max-body-bytes.decorator.js';
import { DEFAULT_MAX_BODY_BYTES } from '@sensorflow/platform/http/route-settings.js';
import type { FastifyReply } from 'fastify';
import { CsvPreviews } from '../preview/csv-preview.js';
import { FileHeadBody, HEAD_ADVICE, headIn } from './file-head.body.js';
import { CsvPreviewView, toCsvPreviewView } from './csv-preview.view.js';
import { toImportOptions } from './file-options.body.js';

const SENDS_NO_FILE = `A preview takes the beginning of the file within JSON: {"fileName": "readings.csv", "head": "…"}, where ${HEAD_ADVICE}`;

/** Shows how a file would be imported, before it is. */
@ApiTags('csv import')
@Controller('sensor-data')
export class CsvPreviewController {
  constructor(private readonly previews: CsvPreviews) {}

  @Post('csv-preview')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Show how a CSV file would be read',
    description:
      'Takes the first 64 KiB of a file and the options of an import, and answers what they make of it: columns, ' +
      'the formats that its timestamps can have, the first readings, and every fault at once. Nothing is kept. ' +
      'Of an API key for some equipment, rows of other equipment are faults.',
  })
  @ApiBody({ type: FileHeadBody })
  @ApiOkResponse({ type: CsvPreviewView })
  @MaxBodyBytes(DEFAULT_MAX_BODY_BYTES)
  // Of whatever type a file is sent.
  @AdvisesOnContent({ '': SENDS_NO_FILE })
  @ApiFaultyInput('invalid-request', {
    pointer: '/head',
    code: 'head-invalid',
    detail: `It is no base64: ${HEAD_ADVICE}`,
  })
  @RequiresScope('sensorflow/import')
  // What is shown is the caller's own file, with a fault for each row of other equipment.
  @KeepsToEquipment('by-handler')
  async previewCsv(
    @CurrentCaller() { equipment: restriction }: Caller,
    @Body() body: FileHeadBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CsvPreviewView> {
    const { fileName, head } = body;
    const options = toImportOptions(body);
    const preview = await this.previews.preview({
      fileName,
      head: headIn(head),
      options,
      restriction,
    });
    void reply.header('cache-control', 'no-store');
    return toCsvPreviewView(preview);
  }
}
