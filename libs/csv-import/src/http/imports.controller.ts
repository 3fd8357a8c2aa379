import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  HttpStatus,
  Param,
  Post,
  Query,
  Res,
} from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBody,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import type { Caller } from '@sensorflow/auth';
import {
  Audited,
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
import { AdvisesOnContent } from '@sensorflow/platform/http/content-advice.decorator.js';
import { IgnoresBody } from '@sensorflow/platform/http/ignores-body.decorator.js';
import { MaxBodyBytes } from '@sensorflow/platform/http/max-body-bytes.decorator.js';
import { DEFAULT_MAX_BODY_BYTES } from '@sensorflow/platform/http/route-settings.js';
import { decodeCursor, encodeCursor, type CursorQuery } from '@sensorflow/platform/http/cursor.js';
import { PageQuery } from '@sensorflow/platform/http/page.query.js';
import { RequestBudget } from '@sensorflow/platform/http/request-budget.js';
import type { FastifyReply } from 'fastify';
import { CsvImports, type ImportViewer } from '../job/csv-imports.js';
import {
  ImportPageView,
  ImportView,
  ImportUploadView,
  statusUrlOf,
  toImportView,
  toImportUploadView,
  toSingleImportView,
} from './import.view.js';
import { NewImportBody } from './new-import.body.js';
import { uploadRequestOf } from './upload-request-of.js';

const DEFAULT_LIMIT = 100;
const SENDS_NO_FILE =
  'A file takes two calls: POST /sensor-data/upload-csv with {"fileName": "readings.csv", "size": 1367695} as JSON, then PUT of the file itself to the url of that answer, with its headers.';

/** Opens imports and shows how they are going; the files themselves never come by here. */
@ApiTags('csv import')
@Controller('sensor-data')
export class ImportsController {
  constructor(private readonly imports: CsvImports) {}

  @Post('upload-csv')
  @ApiOperation({
    summary: 'Open an import of a CSV file',
    description:
      'Answers where to PUT the file, within 15 minutes and with exactly these headers, and the `curl` command that does. Of an API key for some equipment, rows of other equipment are rejected one by one.',
  })
  @ApiBody({ type: NewImportBody })
  @ApiCreatedResponse({
    type: ImportUploadView,
    headers: {
      Location: {
        description: 'where the import shows how it is going',
        schema: { type: 'string', format: 'uri-reference' },
      },
    },
  })
  @MaxBodyBytes(DEFAULT_MAX_BODY_BYTES)
  // Of whatever type a file is sent.
  @AdvisesOnContent({ '': SENDS_NO_FILE })
  @ApiFaultyInput('invalid-request', {
    pointer: '/fileName',
    code: 'file-type-unsupported',
    detail:
      'The file name ends in .csv, .tsv, .txt or .dat, each with .gz behind it when it is compressed.',
  })
  @ApiProblem(429, 'too-many-imports')
  @ApiProblem(503, 'store-unavailable', 'storage-unavailable')
  @RequiresScope('sensorflow/import')
  @KeepsToEquipment('by-handler')
  async openImport(
    @CurrentCaller() caller: Caller,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ImportUploadView> {
    const request = await uploadRequestOf(body, (size) => this.imports.sizeFaults(size));
    const opened = await this.imports.openImport(request, viewerOf(caller));
    void reply.header('location', statusUrlOf(opened.uploadId));
    void reply.header('cache-control', 'no-store');
    return toImportUploadView(opened);
  }

  @Get('uploads')
  @ApiOperation({
    summary: 'List your imports, the newest first; administrators see those of everyone',
  })
  @ApiOkResponse({ type: ImportPageView })
  @ApiFaultyInput('invalid-request', {
    pointer: '/limit',
    code: 'limit-invalid',
    detail: 'The limit is a whole number from 1 to 1000.',
  })
  @ApiProblem(400, 'cursor-invalid')
  @ApiProblem(503, 'store-unavailable')
  @RequiresScope('sensorflow/import', 'sensorflow/admin')
  @KeepsToEquipment('by-handler')
  async listImports(
    @CurrentCaller() caller: Caller,
    @Query() query: PageQuery,
    @RequestBudget() budget: WorkBudget,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ImportPageView> {
    const viewer = viewerOf(caller);
    const before = query.cursor === undefined ? undefined : positionOf(query.cursor, viewer);
    const limit = query.limit ?? DEFAULT_LIMIT;
    const { imports, next } = await this.imports.listImports(viewer, { limit, before }, budget);
    void reply.header('cache-control', 'no-store');
    return {
      items: imports.map(toImportView),
      nextCursor: next === undefined ? null : encodeCursor(listOf(viewer), [next]),
    };
  }

  @Get('uploads/:id')
  @ApiPathProblems()
  @ApiOperation({
    summary:
      'Show an import of yours: status, progress, counts and error report; administrators see all',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({ type: ImportView })
  @ApiProblem(404, 'import-not-found')
  @ApiProblem(503, 'store-unavailable')
  @RequiresScope('sensorflow/import', 'sensorflow/admin')
  @KeepsToEquipment('by-handler')
  async showImport(
    @CurrentCaller() caller: Caller,
    @Param('id') uploadId: string,
    @RequestBudget() budget: WorkBudget,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ImportView> {
    const shown = await this.imports.importOf(uploadId, viewerOf(caller), budget);
    void reply.header('cache-control', 'no-store');
    return toSingleImportView(shown);
  }

  @Delete('uploads/:id')
  @HttpCode(HttpStatus.ACCEPTED)
  @IgnoresBody()
  @ApiPathProblems()
  @ApiOperation({
    summary: 'Cancel an import of yours, or take it back; administrators any',
    description:
      'Answers 202 with the import, which is cancelled first if it runs. It says `undoing`, with `undo: {total, done}` in hours of equipment, and `undone` once everything that it brought is gone from readings and aggregates: what its values had replaced stands again, what came later stays. Sending it again is always safe.',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiAcceptedResponse({ type: ImportView, description: 'the import is being taken back' })
  @ApiNoContentResponse({ description: 'it was taken back before' })
  @ApiProblem(404, 'import-not-found')
  @ApiProblem(503, 'store-unavailable', 'queue-unavailable')
  @RequiresScope('sensorflow/import', 'sensorflow/admin')
  @KeepsToEquipment('by-handler')
  @Audited('import.undo')
  async undoImport(
    @CurrentCaller() caller: Caller,
    @Param('id') uploadId: string,
    @RequestBudget() budget: WorkBudget,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ImportView | undefined> {
    const shown = await this.imports.undo(uploadId, viewerOf(caller), budget);
    void reply.header('cache-control', 'no-store');
    if (shown) return toSingleImportView(shown);
    void reply.status(HttpStatus.NO_CONTENT);
    return undefined;
  }
}

function viewerOf({ kind, subject, username, scopes, equipment }: Caller): ImportViewer {
  return {
    // A machine is known by its client id.
    subject: kind === 'machine' ? username : subject,
    name: username,
    equipment,
    seesAll: scopes.has('sensorflow/admin'),
  };
}

/** A cursor belongs to the list of what its viewer may see; it may be used with any limit. */
function listOf({ seesAll, subject }: ImportViewer): CursorQuery {
  return { list: 'imports', of: seesAll ? 'all' : subject };
}

function positionOf(cursor: string, viewer: ImportViewer): string {
  return decodeCursor(cursor, listOf(viewer))[0] ?? '';
}
