import {
  Module,
  type DynamicModule,
  type InjectionToken,
  type ModuleMetadata,
} from '@nestjs/common';
import { SystemClock } from '@sensorflow/kernel';
import { HealthController } from './http/health.controller.js';
import { ServiceIdentity } from './http/health.views.js';
import { Readiness, type DependencyProbe } from './readiness.js';

export interface HealthOptions extends Pick<ModuleMetadata, 'imports'> {
  readonly identity: ServiceIdentity;
  /** What the probes are made of. */
  readonly inject: InjectionToken[];
  readonly probes: (...dependencies: never[]) => readonly DependencyProbe[];
}

@Module({})
export class HealthModule {
  static register(options: HealthOptions): DynamicModule {
    return {
      module: HealthModule,
      imports: options.imports ?? [],
      controllers: [HealthController],
      providers: [
        { provide: ServiceIdentity, useValue: options.identity },
        {
          provide: Readiness,
          useFactory: (...dependencies: never[]) =>
            new Readiness(options.probes(...dependencies), new SystemClock()),
          inject: options.inject,
        },
      ],
      exports: [Readiness],
    };
  }
}
