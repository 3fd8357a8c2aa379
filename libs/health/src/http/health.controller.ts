import { Controller, Get, Headers, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Public } from '@sensorflow/auth/http/auth.decorators.js';
import { DomainError } from '@sensorflow/kernel';
import { ApiProblem } from '@sensorflow/platform/http/api-problem.decorator.js';
import type { FastifyReply } from 'fastify';
import { Readiness } from '../readiness.js';
import { LivenessView, ReadinessView, ServiceIdentity, ServiceView } from './health.views.js';

const CONSOLE = '/console/';

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
  @ApiOperation({ summary: 'Show name and version; leads a browser to the console' })
  @ApiOkResponse({ type: ServiceView })
  @ApiResponse({
    status: 302,
    type: ServiceView,
    description: 'with Accept: text/html, as browsers send it',
    headers: { Location: { description: 'the console', schema: { type: 'string' } } },
  })
  showService(
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): ServiceView {
    void reply.header('vary', 'Accept');
    if (accept?.includes('text/html')) void reply.code(302).header('location', CONSOLE);
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
