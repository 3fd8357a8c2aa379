import {
  DEFAULT_WINDOW_SECONDS,
  type WindowSeconds,
} from '../../libs/platform/src/resources/event-sources.ts';

/** One installation of SensorFlow: what environments/*.ts says of it. */
export interface Deployment {
  /** Part of every resource's name: lower case letters and digits. */
  readonly name: string;
  /** The first is the primary one: it holds the user pool. Each further one has replicas and a service of its own. */
  readonly regions: readonly [string, ...string[]];
  /** The API's address is https://<domainName>, in the Route 53 zone `hostedZone`. */
  readonly domainName: string;
  readonly hostedZone: { readonly id: string; readonly name: string };
  /**
   * Cognito's token endpoint is https://<authDomainPrefix>.auth.<primary>.amazoncognito.com. All accounts of AWS
   * share these names; unless set, the account's number is part of it, so that it is unique.
   */
  readonly authDomainPrefix?: string;
  /** 1 unless set; a higher number gives the API a new client, and with it a new secret (see the runbook). */
  readonly webClientGeneration?: number;
  /** Origin of a same-site front end, or `none`. */
  readonly frontendUrl: string;
  readonly machineClients: readonly MachineClient[];
  /**
   * How tasks reach what is not behind the free gateway endpoints of DynamoDB and S3: by addresses of their
   * own, through NAT gateways, or through interface endpoints alone (one Region only: the user pool of
   * another Region cannot be reached through them).
   */
  readonly network: 'public-ip' | 'nat' | 'endpoints';
  /** 3 unless set. Each has an address of the load balancer, and a NAT gateway where there are any. */
  readonly availabilityZones?: 2 | 3;
  readonly tasks: TaskScale;
  /** Shards of a new day of aggregates; one carries about 1,000 cell writes a second. */
  readonly aggregateShards: number;
  /** Of the readings' stream, 1 unless set: readings of one equipment within it share a recomputation. */
  readonly aggregationWindowSeconds?: number;
  /**
   * Of the stream of shard-hours and fleet-hours, 1 unless set: changes within it share a sum, and the fleet's
   * summary lags by two of them. Longer than some 13 s, a verification can take sums on their way for
   * differences: its second look comes after 30 s at the most.
   */
  readonly sumsWindowSeconds?: number;
  /**
   * How long the fleet's sums of open hours may lag, 300 unless set: less costs more, since changes of one
   * equipment within it share a recomputation. Answers about one equipment never lag.
   */
  readonly openHourRefreshSeconds?: number;
  /** How long after its end an hour is verified by itself; 15 unless set, 0 for never. */
  readonly sweepDelayMinutes?: number;
  /**
   * Lambda's quota of concurrent executions, which all functions of the account share in each Region; 10 in some
   * young accounts: `aws lambda get-account-settings`. Needed only to reserve some of it.
   */
  readonly accountConcurrency?: number;
  /** How many executions the aggregator is sure of, and at most gets; Lambda leaves 100 to all other functions. */
  readonly reservedConcurrency?: number;
  /** Files imported at a time, 2 to 1,000. */
  readonly concurrentImports: number;
  /** What a table takes at once from the start; without it, 4,000 writes and 12,000 reads a second. */
  readonly warmThroughput?: {
    readonly writeUnitsPerSecond: number;
    readonly readUnitsPerSecond: number;
  };
  /** No table takes more than this a second, so that a runaway client costs a known sum. */
  readonly maxWriteUnitsPerSecond: number;
  /** Instead of on demand: cheaper for steady load (see docs/cost.md). */
  readonly provisioned?: ProvisionedTables;
  /** Readings expire so many days after their own instant; they are kept for ever unless set. */
  readonly readingRetentionDays?: number;
  /** Data survives the stacks. */
  readonly keepsData: boolean;
  /** Stacks, tables, user pool and load balancers cannot be deleted by accident, once there was a first deployment. */
  readonly isProtected: boolean;
  readonly uploadRetentionDays: number;
  readonly logRetentionDays: 7 | 30 | 90;
  /** AWS WAF before the load balancer: $0.60 for a million requests. */
  readonly firewall: boolean;
  /** `full`: a dashboard, and Container Insights, which tells more of tasks; $10.50 a month for each Region. */
  readonly monitoring: 'full' | 'alarms';
  /** `warn` leaves out the line of each request: at $0.50 a GB, $0.13 for a million. `info` unless set. */
  readonly logLevel?: 'info' | 'warn';
  /** p99 of all answers, beyond which an alarm is raised. */
  readonly latencyTargetMs: number;
  /** Told of every alarm, once the first mail of each Region is confirmed. Must be set where data is kept. */
  readonly alarmEmail?: string;
}

export interface MachineClient {
  readonly name: string;
  /** Full names, such as `sensorflow/write`. */
  readonly scopes: readonly string[];
  /** 60 unless set, 1,440 at most. Cognito bills by the token, and one that leaked is good for as long. */
  readonly tokenMinutes?: number;
}

/** Auto-scaling keeps these between their bounds. All other tables stay on demand. */
export interface ProvisionedTables {
  /** Of what is provisioned, how much is used: 20 to 90, 70 unless set. The lower, the longer load may jump. */
  readonly targetPercent?: number;
  readonly readings: TableCapacity;
  readonly aggregates: TableCapacity;
}

export interface TableCapacity {
  /** Of the table and each of its indexes, in each Region: replicas take every write. */
  readonly writeUnits: CapacityRange;
  /** Of the table and each of its indexes, in each Region for itself. */
  readonly readUnits: CapacityRange;
}

/** Units a second. */
export interface CapacityRange {
  /** Paid for day and night, and all that there is in the first minutes, also after leaving on demand. */
  readonly min: number;
  /**
   * Beyond it requests are throttled. Auto-scaling does not lower what a table has while nothing at all is asked of
   * it: a table that falls silent at its maximum is paid for at its maximum.
   */
  readonly max: number;
}

export interface TaskScale {
  readonly min: number;
  readonly max: number;
  readonly cpuUnits: 256 | 512 | 1024 | 2048;
  readonly memoryMib: number;
  /** Of one task at its target: from the benchmark, see cost/inputs.ts. */
  readonly requestsPerMinute: number;
}

/** What GitHub may do, once for an account: all environments share one image repository. */
export interface Delivery {
  readonly region: string;
  /** `owner/name`. */
  readonly githubRepository: string;
  /** The account has GitHub's OIDC provider already, of which there can be only one. */
  readonly hasGithubProvider?: boolean;
  /** GitHub environments, each with a role of its own; jobs of the first also build the image. */
  readonly environments: readonly string[];
  /** Where images are copied to: every other Region of any environment. */
  readonly replicaRegions: readonly string[];
}

/** What somebody wrote into environments/*.ts. */
export interface Configuration {
  readonly deployment: Deployment;
  readonly delivery: Delivery;
  /** An environment whose domain is an example may keep all other examples: its templates are only looked at. */
  readonly acceptsExamples?: boolean;
}

/** Where those who get an alarm can read infra/runbook.md. */
export function runbookUrl(delivery: Delivery): string {
  return `https://github.com/${delivery.githubRepository}/blob/main/infra/runbook.md`;
}

/** A message a second and shard: one for each poll of Lambda would cost four times as much. */
export const LIVE_WINDOW_SECONDS = 1;

/** Of each stream, as the mappings and the second look of a verification need them. */
export function windowSecondsOf(deployment: Deployment): WindowSeconds {
  const { aggregationWindowSeconds, sumsWindowSeconds } = deployment;
  return {
    readings: aggregationWindowSeconds ?? DEFAULT_WINDOW_SECONDS.readings,
    sums: sumsWindowSeconds ?? DEFAULT_WINDOW_SECONDS.sums,
    live: LIVE_WINDOW_SECONDS,
  };
}
