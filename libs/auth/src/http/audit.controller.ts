import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Clock, type WorkBudget } from '@sensorflow/kernel';
import { ApiFaultyInput, ApiProblem } from '@sensorflow/platform/http/api-problem.decorator.js';
import { RequestBudget } from '@sensorflow/platform/http/request-budget.js';
import { AuditStore } from '../audit/audit-store.js';
import { auditCursorOf, AuditParameters, auditRequestOf } from './audit.query.js';
import { auditEntryView, AuditPageView } from './audit.views.js';
import { RequiresScope } from './auth.decorators.js';

/** Who did what. */
@ApiTags('audit')
@Controller('audit')
export class AuditController {
  constructor(
    private readonly store: AuditStore,
    private readonly clock: Clock,
  ) {}

  @Get()
  @RequiresScope('sensorflow/admin')
  @ApiOperation({
    summary: 'Show who did what, the newest first',
    description:
      'Logins, keys, removals, repairs, and what was refused; kept for a year. Failures are counted for each account, network and minute, and show some seconds later.',
  })
  @ApiOkResponse({ type: AuditPageView })
  @ApiFaultyInput('invalid-request', {
    pointer: '/from',
    code: 'timestamp-offset-missing',
    detail: 'The offset from UTC is mandatory: end the timestamp with Z or, say, +01:00.',
  })
  @ApiProblem(400, 'range-empty', 'range-too-long', 'cursor-invalid')
  @ApiProblem(503, 'audit-unavailable')
  async listAuditEntries(
    @Query() parameters: AuditParameters,
    @RequestBudget() budget: WorkBudget,
  ): Promise<AuditPageView> {
    const request = auditRequestOf(parameters, this.clock.nowEpochMs());
    const { entries, next } = await this.store.page(request.query, budget);
    return { items: entries.map(auditEntryView), nextCursor: auditCursorOf(request, next) };
  }
}
