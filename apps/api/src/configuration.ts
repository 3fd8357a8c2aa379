import type { DynamicModule } from '@nestjs/common';
import { ConfigModule, type ConfigService } from '@nestjs/config';
import {
  readApiEnvironment,
  type ApiEnvironment,
} from '@sensorflow/platform/config/environment.js';
import { parseEnv } from 'node:util';

/** Nest's ConfigService, with our variables as they are after validation. */
export type ApiConfig = ConfigService<ApiEnvironment, true>;

/** What the API is configured with, validated: its values, and the module that has them for everybody. */
export interface Configuration {
  readonly environment: ApiEnvironment;
  /** ConfigModule of @nestjs/config, global. */
  readonly module: DynamicModule | Promise<DynamicModule>;
}

/**
 * Reads the environment and, for what it does not say, the file. Throws ConfigurationError with all faults together.
 *
 * The file's other variables get into the environment, where the AWS SDK looks for credentials and endpoints.
 */
export async function loadConfiguration(envFile: string | undefined): Promise<Configuration> {
  let environment: ApiEnvironment | undefined;
  const module = await ConfigModule.forRoot({
    isGlobal: true,
    cache: true,
    ...(envFile === undefined ? { ignoreEnvFile: true } : { envFilePath: envFile }),
    // As the embedded stack reads it.
    parser: (text) =>
      Object.fromEntries(
        Object.entries(parseEnv(text.toString())).map(([name, value = '']) => [name, value]),
      ),
    validate: (variables) => {
      environment = readApiEnvironment(variables);
      return { ...variables, ...environment };
    },
  });
  if (environment === undefined) throw new Error('ConfigModule did not validate');
  return { environment, module };
}

/** Of values that are there already. */
export function configurationOf(environment: ApiEnvironment): Configuration {
  const module = ConfigModule.forRoot({
    isGlobal: true,
    cache: true,
    ignoreEnvFile: true,
    load: [() => environment],
  });
  return { environment, module };
}
