import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '@sensorflow/auth/http/auth.decorators.js';
import { DomainError } from '@sensorflow/kernel';
import { ApiProblem } from '@sensorflow/platform/http/api-problem.decorator.js';
import { Readiness } from '../readiness.js';
import { LivenessView, ReadinessView, ServiceIdentity, ServiceView } from './health.views.js';

/** Whether the service lives, and whether it should be sent requests. */
@ApiTags('health')
@Controller()
export class HealthController {
  constructor(
    private readonly readiness: Readiness,
    private readonly identity: ServiceIdentity,
  ) {}

  @Get()
  @Public()
  @ApiOperation({ summary: 'Show name and version' })
  @ApiOkResponse({ type: ServiceView })
  showService(): ServiceView {
    return { status: 'ok', name: this.identity.name, version: this.identity.version };
  }

  @Get('health/live')
  @Public()
  @ApiOperation({ summary: 'Check whether the process is alive' })
  @ApiOkResponse({ type: LivenessView })
  checkLiveness(): LivenessView {
    return { status: 'ok' };
  }

  @Get('health/ready')
  @Public()
  @ApiOperation({ summary: 'Check whether the process should be sent requests' })
  @ApiOkResponse({ type: ReadinessView })
  @ApiProblem(503, 'not-ready')
  async checkReadiness(): Promise<ReadinessView> {
    const { isReady, checks } = await this.readiness.report();
    if (isReady) return { status: 'ok', checks };
    throw new DomainError('unavailable', 'not-ready', 'The service is not ready for requests.', {
      extensions: { checks },
      retryAfterSeconds: 5,
    });
  }
}
