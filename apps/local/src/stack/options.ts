import { withEnvFile } from '@sensorflow/platform/config/env-file.js';
import {
  ConfigurationError,
  readStackEnvironment,
} from '@sensorflow/platform/config/environment.js';
import {
  DEFAULT_WINDOW_SECONDS,
  type WindowSeconds,
} from '@sensorflow/platform/resources/event-sources.js';
import { RefusedError } from '@sensorflow/platform/terminal/command.js';
import { resolve } from 'node:path';
import { readLanOptions, type LanArguments, type LanOptions } from '../lan/lan-options.js';

type Variables = Readonly<Record<string, string | undefined>>;

/** What the person who starts the stack can choose. */
export interface StackOptions {
  readonly dataDir: string;
  readonly port: number;
  /** Undefined where everything stays on loopback. */
  readonly lan: LanOptions | undefined;
  readonly reset: boolean;
  readonly frontendUrl: string;
  readonly logLevel: string;
  /** Where the functions' bundles are; without it, they run as they were built. */
  readonly lambdasDir: string | undefined;
  readonly windowSeconds: WindowSeconds;
  readonly openHourRefreshSeconds: number;
  readonly retentionDays: number | undefined;
  readonly earliestTimestamp: string;
  readonly secondLookMs: number;
  readonly sweepDelayMinutes: number;
  /** The starter's own environment: where to find programs. None of it reaches the product. */
  readonly hostVariables: Variables;
}

/** A reason not to start, worded for the person at the terminal. */
export class CannotStartError extends RefusedError {
  override readonly name = 'CannotStartError';
}

export function readStackOptions(
  reset: boolean,
  variables: Variables,
  lan: LanArguments,
): StackOptions {
  refuseTheCloud(variables);
  const environment = environmentFrom(variables);
  return {
    dataDir: resolve(environment.SENSORFLOW_DATA_DIR),
    port: environment.PORT,
    lan: readLanOptions(lan, { http: environment.PORT, https: environment.HTTPS_PORT }),
    reset,
    frontendUrl: environment.FRONTEND_URL,
    logLevel: environment.LOG_LEVEL,
    lambdasDir: environment.SENSORFLOW_LAMBDAS_DIR,
    windowSeconds: {
      readings: environment.STREAM_WINDOW_SECONDS,
      sums: environment.SUMS_WINDOW_SECONDS,
      live: DEFAULT_WINDOW_SECONDS.live,
    },
    openHourRefreshSeconds: environment.OPEN_HOUR_REFRESH_SECONDS,
    retentionDays: environment.RETENTION_DAYS,
    earliestTimestamp: environment.EARLIEST_TIMESTAMP,
    secondLookMs: environment.VERIFY_SECOND_LOOK_MS,
    sweepDelayMinutes: environment.SWEEP_DELAY_MINUTES,
    hostVariables: variables,
  };
}

/** Checked here: the processes that would refuse it too have no terminal to say so. */
function environmentFrom(variables: Variables) {
  try {
    // Of the file it takes its own variables alone: what else is there is for a real account.
    return readStackEnvironment(withEnvFile(variables));
  } catch (cause) {
    if (cause instanceof ConfigurationError) throw new CannotStartError(cause.message, { cause });
    throw cause;
  }
}

const REAL_CREDENTIALS = [
  'AWS_SESSION_TOKEN',
  'AWS_PROFILE',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
];

/** Nothing that runs here may reach a real account by accident. */
function refuseTheCloud(variables: Variables): void {
  const real = REAL_CREDENTIALS.filter((name) => variables[name] !== undefined);
  if (/^A(KIA|SIA)/.test(variables['AWS_ACCESS_KEY_ID'] ?? '')) real.push('AWS_ACCESS_KEY_ID');
  if (real.length > 0) {
    throw new CannotStartError(
      `Real AWS credentials are in the environment (${real.join(', ')}). The embedded stack does not start with them. Unset them first.`,
    );
  }
  for (const [name, value] of Object.entries(variables)) {
    if (name.startsWith('AWS_ENDPOINT_URL') && value !== undefined && !isLoopback(value)) {
      throw new CannotStartError(
        `${name} points to another machine, so the embedded stack does not start. Unset it first.`,
      );
    }
  }
}

function isLoopback(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { hostname } = new URL(url);
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
