import { Body, Controller, Get, Param, Post, Query, Res } from '@nestjs/common';
import {
  ApiBody,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import { RequiresScope } from '@sensorflow/auth/http/auth.decorators.js';
import { ApiProblem } from '@sensorflow/platform/http/api-problem.decorator.js';
import { MaxBodyBytes } from '@sensorflow/platform/http/max-body-bytes.decorator.js';
import { DEFAULT_MAX_BODY_BYTES } from '@sensorflow/platform/http/route-settings.js';
import { decodeCursor, encodeCursor } from '@sensorflow/platform/http/cursor.js';
import type { FastifyReply } from 'fastify';
import { CsvImports } from '../csv-imports.js';
import {
  ImportPageView,
  ImportView,
  OpenedImportView,
  statusUrlOf,
  toImportView,
  toOpenedImportView,
} from './import.view.js';
import { ImportsQuery } from './imports.query.js';
import { OpenImportBody } from './open-import.body.js';
import { uploadRequestOf } from './upload-request-of.js';

const DEFAULT_LIMIT = 100;
/** A cursor of this list belongs to no other; it may be used with any limit. */
const CURSOR_QUERY = { list: 'imports' };

/** Opens imports and shows how they are going; the files themselves never come by here. */
@ApiTags('csv import')
@Controller('sensor-data')
export class ImportsController {
  constructor(private readonly imports: CsvImports) {}

  @Post('upload-csv')
  @ApiOperation({
    summary: 'Open an import of a CSV file',
    description: 'Answers where to PUT the file, within 15 minutes and with exactly these headers.',
  })
  @ApiBody({ type: OpenImportBody })
  @ApiCreatedResponse({ type: OpenedImportView })
  @MaxBodyBytes(DEFAULT_MAX_BODY_BYTES)
  @ApiProblem(400, 'invalid-request')
  @ApiProblem(503, 'store-unavailable', 'storage-unavailable')
  @RequiresScope('sensorflow/import')
  async openImport(
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OpenedImportView> {
    const request = await uploadRequestOf(body, (size) => this.imports.sizeFaults(size));
    const opened = await this.imports.openImport(request);
    void reply.header('location', statusUrlOf(opened.uploadId));
    void reply.header('cache-control', 'no-store');
    return toOpenedImportView(opened);
  }

  @Get('uploads')
  @ApiOperation({ summary: 'List imports, the newest first' })
  @ApiOkResponse({ type: ImportPageView })
  @ApiProblem(400, 'invalid-request', 'cursor-invalid')
  @ApiProblem(503, 'store-unavailable')
  @RequiresScope('sensorflow/import')
  async listImports(
    @Query() query: ImportsQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ImportPageView> {
    const before = query.cursor === undefined ? undefined : positionOf(query.cursor);
    const limit = Number(query.limit ?? DEFAULT_LIMIT);
    const { imports, next } = await this.imports.listImports(limit, before);
    void reply.header('cache-control', 'no-store');
    return {
      items: imports.map(toImportView),
      nextCursor: next === undefined ? null : encodeCursor(CURSOR_QUERY, [next]),
    };
  }

  @Get('uploads/:id')
  @ApiProblem(400, 'url-malformed')
  @ApiProblem(414, 'url-too-long')
  @ApiOperation({ summary: 'Show an import: status, progress, counts and error report' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({ type: ImportView })
  @ApiProblem(404, 'import-not-found')
  @ApiProblem(503, 'store-unavailable')
  @RequiresScope('sensorflow/import')
  async showImport(
    @Param('id') uploadId: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ImportView> {
    const shown = await this.imports.importOf(uploadId);
    void reply.header('cache-control', 'no-store');
    return toImportView(shown);
  }
}

function positionOf(cursor: string): string {
  return decodeCursor(cursor, CURSOR_QUERY)[0] ?? '';
}
