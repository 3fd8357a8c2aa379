import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import {
  ApiBody,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import type { WorkBudget } from '@sensorflow/kernel';
import {
  ApiFaultyInput,
  ApiPathProblems,
  ApiProblem,
} from '@sensorflow/platform/http/api-problem.decorator.js';
import { cursorInvalid, decodeCursor, encodeCursor } from '@sensorflow/platform/http/cursor.js';
import { MaxBodyBytes } from '@sensorflow/platform/http/max-body-bytes.decorator.js';
import { PageQuery } from '@sensorflow/platform/http/page.query.js';
import { DEFAULT_LIMIT } from '@sensorflow/platform/http/query-values.js';
import { RequestBudget } from '@sensorflow/platform/http/request-budget.js';
import type { FastifyReply } from 'fastify';
import { isKeyId } from '../api-keys/api-key-text.js';
import { ApiKeys } from '../api-keys/api-keys.js';
import type { Caller } from '../caller.js';
import {
  ApiKeyPageView,
  IssuedApiKeyView,
  issuedApiKeyView,
  listedApiKeyView,
} from './api-key.views.js';
import { Audited, CurrentCaller, RequiresScope } from './auth.decorators.js';
import { NewApiKeyBody, propertiesIn } from './new-api-key.body.js';

const MAX_BODY_BYTES = 64 * 1024;
const CURSOR_QUERY = { list: 'api-keys' };

/** Long-lived secrets of devices and programs, made and revoked by administrators. */
@ApiTags('api keys')
@Controller('api-keys')
export class ApiKeysController {
  constructor(private readonly apiKeys: ApiKeys) {}

  @Post()
  @RequiresScope('sensorflow/admin')
  @Audited('api-key.create')
  @MaxBodyBytes(MAX_BODY_BYTES)
  @ApiOperation({
    summary: 'Make an API key',
    description:
      'The answer shows the key this once. It works here at once and within 10 s everywhere.',
  })
  @ApiBody({ type: NewApiKeyBody })
  @ApiCreatedResponse({ type: IssuedApiKeyView })
  @ApiFaultyInput('invalid-request', {
    pointer: '/scopes',
    code: 'scope-not-for-keys',
    detail: 'No key is an administrator: leave sensorflow/admin out.',
  })
  @ApiProblem(403, 'scope-not-held')
  @ApiProblem(409, 'too-many-api-keys')
  @ApiProblem(503, 'store-unavailable')
  async createApiKey(
    @Body() body: NewApiKeyBody,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<IssuedApiKeyView> {
    const issued = await this.apiKeys.issue(propertiesIn(body), caller);
    void reply.header('location', `/api-keys/${issued.apiKey.keyId}`);
    return issuedApiKeyView(issued);
  }

  @Get()
  @RequiresScope('sensorflow/admin')
  @ApiOperation({
    summary: 'List the API keys that are not revoked; the keys themselves are not kept',
  })
  @ApiOkResponse({ type: ApiKeyPageView })
  @ApiFaultyInput('invalid-request', {
    pointer: '/limit',
    code: 'limit-invalid',
    detail: 'The limit is a whole number from 1 to 1000.',
  })
  @ApiProblem(400, 'cursor-invalid')
  @ApiProblem(503, 'store-unavailable')
  async listApiKeys(
    @Query() { limit, cursor }: PageQuery,
    @RequestBudget() budget: WorkBudget,
  ): Promise<ApiKeyPageView> {
    const after = cursor === undefined ? undefined : positionIn(cursor);
    const { keys, next } = await this.apiKeys.page(after, limit ?? DEFAULT_LIMIT, budget);
    return {
      items: keys.map(listedApiKeyView),
      nextCursor: next === undefined ? null : encodeCursor(CURSOR_QUERY, [next]),
    };
  }

  @Delete(':keyId')
  @HttpCode(204)
  @RequiresScope('sensorflow/admin')
  @Audited('api-key.revoke')
  @ApiOperation({
    summary: 'Revoke an API key',
    description: 'It is refused here at once and within 10 s everywhere. It cannot be undone.',
  })
  @ApiParam({ name: 'keyId', schema: { type: 'string', pattern: '^[0-9A-Za-z]{16}$' } })
  @ApiNoContentResponse({ description: 'revoked' })
  @ApiPathProblems()
  @ApiProblem(404, 'api-key-not-found')
  @ApiProblem(503, 'store-unavailable')
  async revokeApiKey(@Param('keyId') keyId: string): Promise<void> {
    await this.apiKeys.revoke(keyId);
  }
}

function positionIn(cursor: string): string {
  const [keyId = ''] = decodeCursor(cursor, CURSOR_QUERY);
  if (!isKeyId(keyId)) throw cursorInvalid();
  return keyId;
}
