import { Module, type DynamicModule, type InjectionToken } from '@nestjs/common';
import { KnownEquipment } from '@sensorflow/equipment';
import { Readiness } from '@sensorflow/health';
import { Clock, SystemClock } from '@sensorflow/kernel';
import { ReadScheduler } from '@sensorflow/platform/http/read-scheduler.js';
import { ReadingStore, SensorDataService } from '@sensorflow/sensor-data';
import { CipReadings } from './cip-readings.js';
import { CipSettings } from './cip-settings.js';
import { CipIngestController } from './http/cip-ingest.controller.js';
import { CipLiveController } from './http/cip-live.controller.js';
import { CipQueryController } from './http/cip-query.controller.js';
import { CipStatusController } from './http/cip-status.controller.js';
import { LatelyActive } from './lately-active.js';
import { ServiceStatus } from './service-status.js';

export interface CipServiceOptions {
  readonly settings: CipSettings;
  /** The modules that export SensorDataService and ReadingStore, KnownEquipment, Readiness, LiveFeeds, and those of auth. */
  readonly imports: DynamicModule[];
  /** Which equipment is active: the module that exports what `from` makes it of. */
  readonly activity: {
    readonly module: DynamicModule;
    readonly inject: InjectionToken;
    readonly from: (dependency: never) => LatelyActive;
  };
  /** One for all reads of the process. */
  readonly reads: ReadScheduler;
  readonly clock?: Clock;
}

/** The routes of the earlier cleaning-in-place service, on the readings of this one. */
@Module({})
export class CipServiceModule {
  static register(options: CipServiceOptions): DynamicModule {
    const { settings, imports, activity, reads, clock } = options;
    return {
      module: CipServiceModule,
      imports: [...imports, activity.module],
      controllers: [
        CipIngestController,
        CipLiveController,
        CipQueryController,
        CipStatusController,
      ],
      providers: [
        { provide: CipSettings, useValue: settings },
        { provide: ReadScheduler, useValue: reads },
        { provide: Clock, useValue: clock ?? new SystemClock() },
        { provide: LatelyActive, useFactory: activity.from, inject: [activity.inject] },
        {
          provide: CipReadings,
          useFactory: (
            sensorData: SensorDataService,
            store: ReadingStore,
            equipment: KnownEquipment,
            active: LatelyActive,
            now: Clock,
          ) => new CipReadings(sensorData, store, equipment, active, now),
          inject: [SensorDataService, ReadingStore, KnownEquipment, LatelyActive, Clock],
        },
        {
          provide: ServiceStatus,
          useFactory: (readiness: Readiness) => ({
            services: async () => (await readiness.report()).checks,
          }),
          inject: [Readiness],
        },
      ],
    };
  }
}
