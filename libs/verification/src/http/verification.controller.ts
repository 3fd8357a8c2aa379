import {
  Controller,
  Get,
  HttpCode,
  Post,
  Query,
  type BeforeApplicationShutdown,
} from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Caller } from '@sensorflow/auth';
import {
  Audited,
  CurrentCaller,
  KeepsToEquipment,
  RequiresScope,
} from '@sensorflow/auth/http/auth.decorators.js';
import type { WorkBudget } from '@sensorflow/kernel';
import { ApiFaultyInput, ApiProblem } from '@sensorflow/platform/http/api-problem.decorator.js';
import { IgnoresBody } from '@sensorflow/platform/http/ignores-body.decorator.js';
import { RequestBudget } from '@sensorflow/platform/http/request-budget.js';
import { Verification } from '../verification.js';
import { assertMayBeRead, verificationRequestOf } from './verification-request.js';
import { LONGEST_VERIFICATION_MS, VerificationSlot } from './verification-slot.js';
import { VerificationParameters } from './verification.query.js';
import {
  RepairView,
  toRepairView,
  toVerificationView,
  VerificationView,
} from './verification.view.js';

const FAULTY_FROM = {
  pointer: '/from',
  code: 'timestamp-offset-missing',
  detail: 'The offset from UTC is mandatory: end the timestamp with Z or, say, +01:00.',
};
const FAULTS = [
  'interval-or-range',
  'range-empty',
  'range-too-long',
  'cursor-invalid',
  'verification-too-large',
];

/** For callers who are not administrators; each compares a single equipment. */
const READERS_AT_ONCE = 4;

/** Compares aggregates with the readings they come from: all for administrators, one equipment's for who may read. */
@ApiTags('aggregates')
@Controller('sensor-data/aggregated')
export class VerificationController implements BeforeApplicationShutdown {
  private readonly slot = new VerificationSlot();
  private readonly readerSlot = new VerificationSlot(LONGEST_VERIFICATION_MS, READERS_AT_ONCE);

  constructor(private readonly verification: Verification) {}

  @Get('verify')
  @RequiresScope('sensorflow/read', 'sensorflow/admin')
  @KeepsToEquipment('in-query')
  @ApiOperation({
    summary: 'Recompute the aggregates of a range, and report every difference',
    description:
      'Every aggregate of every level is compared digit for digit with the readings; a difference counts when a second comparison some seconds later still finds it. A page ends after some seconds of work; the range ends where nextCursor is null. Without sensorflow/admin it takes one equipment and up to seven days.',
  })
  @ApiOkResponse({ type: VerificationView })
  @ApiFaultyInput('invalid-request', FAULTY_FROM)
  @ApiProblem(400, ...FAULTS)
  @ApiProblem(429, 'verification-busy')
  @ApiProblem(503, 'store-unavailable', 'verification-stopped')
  async verifyAggregates(
    @Query() parameters: VerificationParameters,
    @RequestBudget() budget: WorkBudget,
    @CurrentCaller() { scopes, subject }: Caller,
  ): Promise<VerificationView> {
    const request = verificationRequestOf(parameters);
    const isAdmin = scopes.has('sensorflow/admin');
    if (!isAdmin) assertMayBeRead(request);
    const report = await (isAdmin ? this.slot : this.readerSlot).run(
      subject,
      async (ofSlot) => this.verification.verify(request.query, ofSlot),
      budget,
    );
    return toVerificationView(request, report);
  }

  @Post('repair')
  @HttpCode(200)
  @IgnoresBody()
  @RequiresScope('sensorflow/admin')
  @Audited('aggregates.repair', 'from', 'to', 'equipmentId')
  @ApiOperation({
    summary: 'Verify a range, and recompute what differs',
    description:
      'Aggregates that differ are recomputed as after any change of a reading, and then everything above them. Takes the query string of verify.',
  })
  @ApiOkResponse({ type: RepairView })
  @ApiFaultyInput('invalid-request', FAULTY_FROM)
  @ApiProblem(400, ...FAULTS)
  @ApiProblem(429, 'verification-busy')
  @ApiProblem(503, 'store-unavailable', 'verification-stopped', 'recompute-out-of-time')
  async repairAggregates(
    @Query() parameters: VerificationParameters,
    @RequestBudget() budget: WorkBudget,
    @CurrentCaller() { subject }: Caller,
  ): Promise<RepairView> {
    const request = verificationRequestOf(parameters);
    const report = await this.slot.run(
      subject,
      async (ofSlot) => this.verification.repair(request.query, ofSlot),
      budget,
    );
    return toRepairView(request, report);
  }

  beforeApplicationShutdown(): void {
    this.slot.stop();
    this.readerSlot.stop();
  }
}
