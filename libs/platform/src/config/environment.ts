import { instantFromEpochMs } from '@sensorflow/kernel';
import { cleanEnv, EnvMissingError, str, type ValidatorSpec } from 'envalid';
import { DEFAULT_WINDOW_SECONDS, secondLookMs } from '../resources/event-sources.js';
import {
  httpUrl,
  httpUrlList,
  instant,
  originOrNone,
  text,
  textList,
  timeZone,
  wholeNumber,
} from './variables.js';

/**
 * What each process takes from its environment, checked once at start. The only file that knows the
 * variables' names and meanings; constructors elsewhere get values.
 */
type Variables = Readonly<Record<string, string | undefined>>;

/** Everything that is wrong with the environment, at once. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';

  constructor(readonly faults: readonly string[]) {
    super(`The configuration is not usable:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  }
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

const shared = {
  AWS_REGION: text(),
  LOG_LEVEL: str({ choices: LOG_LEVELS, default: 'info' }),
};

/** How many shards a new day of aggregates is laid out in; a day keeps what it began with. */
const AGGREGATE_SHARDS = wholeNumber(1, 256)({ default: 1 });

/** Off unless set. Everything that writes, removes or folds readings needs the same number. */
const RETENTION_DAYS = wholeNumber(4, 36_500)({ default: undefined });

/** Of JSON readings: a clock that was never set shows 1970. */
const EARLIEST_TIMESTAMP = instant({ default: instantFromEpochMs(Date.UTC(2000, 0, 1)) });

/** How long changes of an open hour may wait for its recomputation; 0 for never. */
const refreshSeconds = wholeNumber(0, 3_600);

/** How long a batch of a stream gathers records; Lambda takes 0 to 300. */
const windowSeconds = wholeNumber(0, 300);

/** How long aggregates may lag behind before a difference counts. */
const secondLook = wholeNumber(0, 30_000);

/** How long after its end an hour is verified by itself; 0 for never. */
const SWEEP_DELAY_MINUTES = wholeNumber(0, 1_440)({ default: 15 });

const MIB = 1024 * 1024;

const apiVariables = {
  ...shared,
  HOST: text({ default: '0.0.0.0', desc: 'address to listen on' }),
  PORT: wholeNumber(0, 65_535)({ default: 3000 }),
  DYNAMODB_TABLE_NAME: text(),
  DYNAMODB_AGGREGATE_TABLE_NAME: text(),
  DYNAMODB_IMPORTS_TABLE_NAME: text(),
  DYNAMODB_SESSIONS_TABLE_NAME: text(),
  S3_BUCKET_NAME: text(),
  UPLOADS_QUEUE_URL: httpUrl(),
  COGNITO_USER_POOL_ID: text(),
  COGNITO_CLIENT_ID: text(),
  COGNITO_CLIENT_SECRET: text(),
  COGNITO_ISSUERS: httpUrlList(),
  COGNITO_JWKS_URI: httpUrl(),
  COGNITO_MACHINE_CLIENT_IDS: textList(),
  /** The token endpoint, where machines get their tokens; the API's description of itself names it. */
  COGNITO_AUTH_URI: httpUrl({ default: undefined }),
  /** Of each machine client, in each process; any number unless set. */
  MACHINE_REQUESTS_PER_MINUTE: wholeNumber(1, 10_000_000)({ default: undefined }),
  FRONTEND_URL: originOrNone(),
  TRUSTED_PROXY_HOPS: wholeNumber(0, 10)({ default: 0 }),
  SHUTDOWN_GRACE_MS: wholeNumber(0, 60_000)({ default: 10_000 }),
  /** Of live readings; its route answers 503 unless set. Its queues are those that begin with the prefix. */
  LIVE_TOPIC_ARN: text({ default: undefined }),
  LIVE_QUEUE_PREFIX: text({ default: 'sensorflow-live-' }),
  UPLOAD_MAX_BYTES: wholeNumber(1, 5 * 1024 * MIB)({ default: 2048 * MIB }),
  /** Of the earlier service's dates and times. */
  CIP_TIME_ZONE: timeZone({ default: 'America/Sao_Paulo' }),
  AGGREGATE_SHARDS,
  RETENTION_DAYS,
  EARLIEST_TIMESTAMP,
  VERIFY_SECOND_LOOK_MS: secondLook({ default: secondLookMs(DEFAULT_WINDOW_SECONDS) }),
  SWEEP_DELAY_MINUTES,
};

/** How the API is reached on a plant's network: set by the embedded stack alone. */
const lanVariables = {
  LAN_HOST: text(),
  LAN_HTTPS_PORT: wholeNumber(1, 65_535)(),
  LAN_CERTIFICATE_FILE: text(),
  LAN_KEY_FILE: text(),
  LAN_S3_URL: httpUrl(),
  LAN_TOKEN_URL: httpUrl(),
};

const aggregatorVariables = {
  ...shared,
  DYNAMODB_TABLE_NAME: text(),
  DYNAMODB_AGGREGATE_TABLE_NAME: text(),
  AGGREGATE_SHARDS,
  RETENTION_DAYS,
  OPEN_HOUR_REFRESH_SECONDS: refreshSeconds({ default: 300 }),
};

const livePublisherVariables = {
  ...shared,
  LIVE_TOPIC_ARN: text(),
};

const importerVariables = {
  ...shared,
  DYNAMODB_TABLE_NAME: text(),
  DYNAMODB_AGGREGATE_TABLE_NAME: text(),
  DYNAMODB_IMPORTS_TABLE_NAME: text(),
  S3_BUCKET_NAME: text(),
  UPLOADS_QUEUE_URL: httpUrl(),
  /** Hours of imports are recomputed before they say that they are done. */
  AGGREGATE_SHARDS,
  RETENTION_DAYS,
  /** Below this much time a Lambda hands the rest of a file to its next run. */
  IMPORT_HANDOVER_MS: wholeNumber(1_000, 600_000)({ default: 60_000 }),
  /** Blocks of 350 rows on their way to the store: fewer where the store is one machine's. */
  IMPORT_CALLS: wholeNumber(1, 64)({ default: 16 }),
  /** Fewer than run in all, so that one caller cannot hold up all others. */
  IMPORTS_PER_CALLER: wholeNumber(1, 1_000)({ default: 1 }),
};

/** What the person who starts the embedded stack chooses; the stack tells the processes all else. */
const stackVariables = {
  LOG_LEVEL: shared.LOG_LEVEL,
  PORT: wholeNumber(1, 65_535)({ default: 3000 }),
  /** On a plant's network. */
  HTTPS_PORT: wholeNumber(1, 65_535)({ default: 3443 }),
  FRONTEND_URL: originOrNone({ default: 'none' }),
  SENSORFLOW_DATA_DIR: text({ default: '.sensorflow' }),
  /** Folder with the functions as they are deployed; the build's own modules unless set. */
  SENSORFLOW_LAMBDAS_DIR: text({ default: undefined }),
  STREAM_WINDOW_SECONDS: windowSeconds({ default: DEFAULT_WINDOW_SECONDS.readings }),
  SUMS_WINDOW_SECONDS: windowSeconds({ default: DEFAULT_WINDOW_SECONDS.sums }),
  RETENTION_DAYS,
  EARLIEST_TIMESTAMP,
  OPEN_HOUR_REFRESH_SECONDS: refreshSeconds({ default: 5 }),
  /** Follows from the windows unless set. */
  VERIFY_SECOND_LOOK_MS: secondLook({ default: undefined }),
  SWEEP_DELAY_MINUTES,
};

/** Of the person who verifies: another API than the one of the stack that runs in the folder. */
const verifyVariables = {
  SENSORFLOW_URL: httpUrl({ default: undefined }),
  SENSORFLOW_TOKEN: text({ default: undefined }),
  SENSORFLOW_DATA_DIR: stackVariables.SENSORFLOW_DATA_DIR,
};

/** A file with variables, or the word `none`; the environment wins over it. */
const envFileVariables = {
  SENSORFLOW_ENV_FILE: text({ default: '.env' }),
};

function read<S extends Record<string, ValidatorSpec<unknown>>>(variables: Variables, specs: S) {
  const values = cleanEnv(variables, specs, {
    reporter: ({ errors }) => {
      const faults = Object.entries(errors).map(([name, error]) => `${name}: ${messageOf(error)}`);
      if (faults.length > 0) throw new ConfigurationError(faults);
    },
  });
  return Object.freeze({ ...values });
}

function messageOf(error: unknown): string {
  // envalid words it by the variable's description, which few have.
  if (error instanceof EnvMissingError) return 'is missing';
  return error instanceof Error ? error.message : String(error);
}

export type ApiEnvironment = ReturnType<typeof readApiEnvironment>;

/** Each throws ConfigurationError with all faults together. */
export function readApiEnvironment(variables: Variables) {
  return read(variables, apiVariables);
}

export type LanEnvironment = NonNullable<ReturnType<typeof readLanEnvironment>>;

/** Undefined where the API is on no plant's network. */
export function readLanEnvironment(variables: Variables) {
  const isAsked = Object.keys(lanVariables).some((name) => variables[name] !== undefined);
  return isAsked ? read(variables, lanVariables) : undefined;
}

/** For the check that runs beside the API and must find it. */
export function readHealthcheckEnvironment(variables: Variables) {
  return read(variables, { PORT: apiVariables.PORT });
}

export function readAggregatorEnvironment(variables: Variables) {
  return read(variables, aggregatorVariables);
}

export function readLivePublisherEnvironment(variables: Variables) {
  return read(variables, livePublisherVariables);
}

export function readImporterEnvironment(variables: Variables) {
  return read(variables, importerVariables);
}

export function readStackEnvironment(variables: Variables) {
  const { VERIFY_SECOND_LOOK_MS, ...environment } = read(variables, stackVariables);
  const { STREAM_WINDOW_SECONDS: readings, SUMS_WINDOW_SECONDS: sums } = environment;
  return {
    ...environment,
    VERIFY_SECOND_LOOK_MS: VERIFY_SECOND_LOOK_MS ?? secondLookMs({ readings, sums }),
  };
}

/** Where variables are beside the environment. */
export function readEnvFileEnvironment(variables: Variables) {
  return read(variables, envFileVariables);
}

/** For what works on the data of a stack. */
export function readDataFolderEnvironment(variables: Variables) {
  return read(variables, { SENSORFLOW_DATA_DIR: stackVariables.SENSORFLOW_DATA_DIR });
}

export function readVerifyEnvironment(variables: Variables) {
  return read(variables, verifyVariables);
}
