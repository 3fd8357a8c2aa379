import { measureCsv, type CsvRound } from './csv/csv-import.ts';
import type { CsvFile } from './csv/csv-file.ts';
import { runClosedLoop } from './load/closed-loop.ts';
import { runOpenLoop } from './load/open-loop.ts';
import { Requests, type NextRequest } from './load/requests.ts';
import { measure, type Measurement } from './measurement.ts';
import {
  BATCH_CONNECTIONS,
  BATCH_SIZE,
  CONNECTIONS,
  NAIVE_STEADY_PER_SECOND,
  STEADY_PER_SECOND,
  TOKENS,
  type Plan,
} from './plan.ts';
import type { Server, Stand } from './stand.ts';

export interface HttpRound {
  readonly bare: Measurement;
  readonly naive: Measurement;
  readonly single: Measurement;
  /** The same with a log line for every request. */
  readonly singleLogged: Measurement;
  readonly batch: Measurement;
  readonly naiveSteady: Measurement;
  readonly singleSteady: Measurement;
}

export type Round = HttpRound & CsvRound;

export interface Servers {
  readonly bare: Server;
  readonly naive: Server;
  readonly api: Server;
  readonly apiLogged: Server;
}

/** Measures every variant once per round, so that a slow minute of the machine meets all of them. */
export class Rounds {
  private readonly stand: Stand;
  private readonly servers: Servers;
  private readonly plan: Plan;
  private readonly requests: Requests;
  private readonly csvFile: CsvFile;

  constructor(stand: Stand, servers: Servers, plan: Plan, csvFile: CsvFile) {
    this.stand = stand;
    this.servers = servers;
    this.plan = plan;
    const tokens = Array.from({ length: TOKENS }, () => stand.cloud.machineToken());
    this.requests = new Requests(tokens, 'sensorflow.test');
    this.csvFile = csvFile;
  }

  /** Whatever is compiled on first use is compiled before the first round. */
  async warmUp(): Promise<void> {
    const { bare, naive, api, apiLogged } = this.servers;
    const measureMs = this.plan.firstWarmUpMs;
    for (const server of [bare, naive, api, apiLogged]) await this.closed(server, { measureMs });
    await this.batch(api, measureMs);
  }

  async run(): Promise<Round> {
    const { bare, naive, api, apiLogged } = this.servers;
    return {
      bare: await this.closed(bare, { writes: false }),
      naive: await this.closed(naive),
      single: await this.closed(api),
      singleLogged: await this.closed(apiLogged),
      batch: await this.batch(api),
      naiveSteady: await this.steady(naive, NAIVE_STEADY_PER_SECOND),
      singleSteady: await this.steady(api, STEADY_PER_SECOND),
      ...(await measureCsv(this.stand, this.csvFile)),
    };
  }

  private closed(
    server: Server,
    { measureMs = this.plan.measureMs, writes = server !== this.servers.bare } = {},
  ): Promise<Measurement> {
    this.requests.nextDay();
    return measure(this.stand, {
      server,
      readingsPerRequest: 1,
      writes,
      run: (onEdge) =>
        runClosedLoop({
          port: server.port,
          connections: CONNECTIONS,
          warmUpMs: this.plan.warmUpMs,
          measureMs,
          requestsOf: (connection) => this.requests.single(connection),
          onEdge,
        }),
    });
  }

  private batch(server: Server, measureMs = this.plan.measureMs): Promise<Measurement> {
    this.requests.nextDay();
    const requestsOf = (connection: number): NextRequest =>
      this.requests.batch(connection, BATCH_SIZE);
    return measure(this.stand, {
      server,
      readingsPerRequest: BATCH_SIZE,
      writes: true,
      run: (onEdge) =>
        runClosedLoop({
          port: server.port,
          connections: BATCH_CONNECTIONS,
          warmUpMs: this.plan.warmUpMs,
          measureMs,
          requestsOf,
          onEdge,
        }),
    });
  }

  private steady(server: Server, perSecond: number): Promise<Measurement> {
    this.requests.nextDay();
    return measure(this.stand, {
      server,
      readingsPerRequest: 1,
      writes: true,
      run: (onEdge) =>
        runOpenLoop({
          port: server.port,
          perSecond,
          warmUpMs: this.plan.warmUpMs,
          measureMs: this.plan.steadyMs,
          requestsOf: (connection) => this.requests.single(connection),
          onEdge,
        }),
    });
  }
}
