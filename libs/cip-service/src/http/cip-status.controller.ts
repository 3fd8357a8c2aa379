import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '@sensorflow/auth/http/auth.decorators.js';
import { Clock } from '@sensorflow/kernel';
import { CipSettings } from '../cip-settings.js';
import { ServiceStatus } from '../service-status.js';
import { CipHealthView, CipPingView } from './cip.views.js';

/** What devices and screens of the earlier service ask before anything else; both are always 200. */
@ApiTags('earlier service')
@Controller('api/v1')
export class CipStatusController {
  constructor(
    private readonly status: ServiceStatus,
    private readonly settings: CipSettings,
    private readonly clock: Clock,
  ) {}

  @Get('ping')
  @Public()
  @ApiOperation({ summary: 'Check whether somebody answers' })
  @ApiOkResponse({ type: CipPingView })
  ping(): CipPingView {
    return { message: 'pong', status: 'ok', timestamp: this.now() };
  }

  @Get('health')
  @Public()
  @ApiOperation({ summary: 'Show whether the service can work' })
  @ApiOkResponse({ type: CipHealthView })
  async showHealth(): Promise<CipHealthView> {
    const services = await this.status.services();
    const down = Object.keys(services).filter((name) => services[name] === 'down');
    const { name, version } = this.settings.service;
    return {
      status: down.length === 0 ? 'healthy' : 'degraded',
      timestamp: this.now(),
      version,
      service: name,
      uptime_seconds: Math.floor(process.uptime()),
      ...(down.length > 0 && { warnings: down.map((one) => `${one} unavailable`) }),
      services,
    };
  }

  private now(): string {
    return new Date(this.clock.nowEpochMs()).toISOString();
  }
}
