import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { Module, type DynamicModule } from '@nestjs/common';
import { AggregationModule } from '@sensorflow/aggregation/aggregation.module.js';
import { MAX_SIGN_INS_IN_PROGRESS, SessionCookie } from '@sensorflow/auth';
import { AuthModule } from '@sensorflow/auth/auth.module.js';
import { CipSettings } from '@sensorflow/cip-service';
import { CipServiceModule } from '@sensorflow/cip-service/cip-service.module.js';
import { CsvImportModule } from '@sensorflow/csv-import/csv-import.module.js';
import { RegistryMetricNames } from '@sensorflow/equipment';
import { DynamoDbEquipmentRegistry } from '@sensorflow/equipment/dynamodb/dynamodb-equipment-registry.js';
import { EquipmentModule } from '@sensorflow/equipment/equipment.module.js';
import { HealthModule } from '@sensorflow/health/health.module.js';
import { LiveModule, type LiveOptions } from '@sensorflow/live/live.module.js';
import {
  createCognitoClient,
  createDynamoDbClient,
  createS3Client,
  createSqsClient,
} from '@sensorflow/platform/aws/aws-clients.js';
import { isEmbeddedStackOn } from '@sensorflow/platform/config/embedded-stack.js';
import type { ApiEnvironment } from '@sensorflow/platform/config/environment.js';
import { ReadScheduler } from '@sensorflow/platform/http/read-scheduler.js';
import { Retention } from '@sensorflow/sensor-data';
import { SensorDataModule } from '@sensorflow/sensor-data/sensor-data.module.js';
import { VerificationModule } from '@sensorflow/verification/verification.module.js';
import type { Logger } from 'pino';
import type { Configuration } from './configuration.js';
import { activityOf } from './aggregated-activity.js';
import { dayTrendsOf } from './aggregated-day-trends.js';
import { healthOptions } from './health-options.js';
import { hourlyVerificationLog } from './hourly-verification-log.js';
import { liveChangesOf } from './live-changes.js';
import { liveLateLog } from './live-late-log.js';
import { SERVICE } from './service-identity.js';

/** Connections for sessions and health, which must not wait for the connections of reads. */
const CONTROL_SOCKETS = 16;
const MS_PER_MINUTE = 60_000;

/** The table of contents: what the API is made of. */
@Module({})
export class AppModule {
  static from({ environment, module: config }: Configuration, logger: Logger): DynamicModule {
    const control = createDynamoDbClient(environment.AWS_REGION, CONTROL_SOCKETS);
    const dynamoDb = createDynamoDbClient(environment.AWS_REGION);
    const auth = authOf(environment, control);
    const reads = new ReadScheduler();
    const health = HealthModule.register(
      healthOptions(auth, control, environment.DYNAMODB_TABLE_NAME),
    );
    const live = LiveModule.register({
      region: environment.AWS_REGION,
      topic: liveTopicOf(environment),
      onLate: liveLateLog(logger),
      auth,
    });
    const data = dataModulesOf(environment, { dynamoDb, reads, logger, live });
    return {
      module: AppModule,
      imports: [
        config,
        auth,
        data.aggregation,
        data.verification,
        data.equipment,
        CsvImportModule.register({
          dynamoDb,
          importsTableName: environment.DYNAMODB_IMPORTS_TABLE_NAME,
          s3: createS3Client(environment.AWS_REGION),
          bucketName: environment.S3_BUCKET_NAME,
          sqs: createSqsClient(environment.AWS_REGION),
          queueUrl: environment.UPLOADS_QUEUE_URL,
          maxUploadBytes: environment.UPLOAD_MAX_BYTES,
          retention: Retention.ofDays(environment.RETENTION_DAYS),
        }),
        data.sensorData,
        CipServiceModule.register({
          settings: new CipSettings(environment.CIP_TIME_ZONE, SERVICE),
          imports: [data.sensorData, data.equipment, health, live, auth],
          activity: activityOf(data.aggregation),
          reads,
        }),
        health,
        live,
      ],
    };
  }
}

function liveTopicOf(environment: ApiEnvironment): LiveOptions['topic'] {
  const { LIVE_TOPIC_ARN: topicArn, LIVE_QUEUE_PREFIX: queuePrefix } = environment;
  return topicArn === undefined ? undefined : { topicArn, queuePrefix };
}

function authOf(environment: ApiEnvironment, dynamoDb: DynamoDBClient): DynamicModule {
  const region = environment.AWS_REGION;
  return AuthModule.register({
    dynamoDb,
    sessionsTableName: environment.DYNAMODB_SESSIONS_TABLE_NAME,
    cognito: {
      logins: createCognitoClient(region, MAX_SIGN_INS_IN_PROGRESS),
      tokenChecks: createCognitoClient(region),
      administration: createCognitoClient(regionOfPool(environment.COGNITO_USER_POOL_ID)),
    },
    userPoolId: environment.COGNITO_USER_POOL_ID,
    clientId: environment.COGNITO_CLIENT_ID,
    clientSecret: environment.COGNITO_CLIENT_SECRET,
    issuers: environment.COGNITO_ISSUERS,
    jwksUri: environment.COGNITO_JWKS_URI,
    machineClientIds: environment.COGNITO_MACHINE_CLIENT_IDS,
    machineRatePerMinute: environment.MACHINE_REQUESTS_PER_MINUTE,
    frontendOrigin: frontendOriginOf(environment.FRONTEND_URL),
    sessionCookie: isEmbeddedStackOn(environment.HOST)
      ? SessionCookie.forLoopback()
      : SessionCookie.secure(),
  });
}

/** A pool's id begins with its Region, which is not ours in every Region. */
function regionOfPool(userPoolId: string): string {
  const [region = ''] = userPoolId.split('_', 1);
  return region;
}

interface DataTools {
  readonly dynamoDb: DynamoDBClient;
  /** One for all reads of the process. */
  readonly reads: ReadScheduler;
  readonly logger: Logger;
  readonly live: DynamicModule;
}

/** Readings, what is computed from them, and what is known of their equipment. */
function dataModulesOf(
  environment: ApiEnvironment,
  { dynamoDb, reads, logger, live }: DataTools,
): Readonly<Record<'sensorData' | 'aggregation' | 'verification' | 'equipment', DynamicModule>> {
  const retention = Retention.ofDays(environment.RETENTION_DAYS);
  const table = { dynamoDb, aggregatesTableName: environment.DYNAMODB_AGGREGATE_TABLE_NAME };
  const registeredNames = new RegistryMetricNames(
    new DynamoDbEquipmentRegistry(dynamoDb, table.aggregatesTableName),
  );
  const sensorData = SensorDataModule.register({
    dynamoDb,
    tableName: environment.DYNAMODB_TABLE_NAME,
    retention,
    earliest: environment.EARLIEST_TIMESTAMP,
    reads,
    registeredNames,
  });
  const shards = environment.AGGREGATE_SHARDS;
  const aggregation = AggregationModule.register({
    ...table,
    sensorData,
    registeredNames,
    retention,
    shards,
    reads,
  });
  const equipment = EquipmentModule.register({
    ...table,
    sensorData,
    reads,
    trends: dayTrendsOf(aggregation),
    changes: liveChangesOf(live),
  });
  const verification = VerificationModule.register({
    ...table,
    sensorData,
    aggregation,
    equipment,
    retention,
    secondLookMs: environment.VERIFY_SECOND_LOOK_MS,
    hourlyDelayMs: environment.SWEEP_DELAY_MINUTES * MS_PER_MINUTE,
    hourlyListener: hourlyVerificationLog(logger),
  });
  return { sensorData, aggregation, verification, equipment };
}

export function frontendOriginOf(frontendUrl: string): string | undefined {
  return frontendUrl === 'none' ? undefined : frontendUrl;
}
