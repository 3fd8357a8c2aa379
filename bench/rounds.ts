import { measureCsv, type CsvRound } from './csv/csv-import.ts';
import type { CsvFile } from './csv/csv-file.ts';
import { runClosedLoop } from './load/closed-loop.ts';
import { runOpenLoop } from './load/open-loop.ts';
import { Requests, type NextRequest } from './load/requests.ts';
import { measure, type Measurement } from './measurement.ts';
import { measureStart } from './warm-start.ts';
import {
  BATCH_CONNECTIONS,
  BATCH_OF_ALL,
  BATCH_OF_FEW,
  BATCH_OF_ONE,
  CONNECTIONS,
  COUNTING_MS,
  STEADY_PER_SECOND,
  TOKENS,
  type BatchShape,
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
  readonly batchOfFew: Measurement;
  /** The sink itself, without any server before it. */
  readonly sinkSteady: Measurement;
  readonly singleSteady: Measurement;
  readonly unitsOfSingle: WriteUnits;
  readonly unitsOfFifty: WriteUnits;
}

/** What the API writes, to all tables. */
export interface WriteUnits {
  readonly perReading: number;
}

/** The embedded stack on a folder that it was started on before. */
export interface StackRound {
  readonly warmStart: { readonly seconds: number };
}

/** What loads the servers. */
export type HttpVariant = Exclude<keyof HttpRound, 'unitsOfSingle' | 'unitsOfFifty'>;

export type Round = HttpRound & CsvRound & StackRound;

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
    for (const shape of [BATCH_OF_ALL, BATCH_OF_FEW]) await this.batch(api, shape, measureMs);
  }

  async run(): Promise<Round> {
    return {
      ...(await this.http()),
      ...(await measureCsv(this.stand, this.csvFile)),
      warmStart: { seconds: await measureStart(this.stand) },
    };
  }

  async http(): Promise<HttpRound> {
    const { bare, naive, api, apiLogged } = this.servers;
    return {
      bare: await this.closed(bare, { writes: false }),
      naive: await this.closed(naive),
      single: await this.closed(api),
      singleLogged: await this.closed(apiLogged),
      batch: await this.batch(api, BATCH_OF_ALL),
      batchOfFew: await this.batch(api, BATCH_OF_FEW),
      sinkSteady: await this.steady(this.stand.sink, (connection) => this.requests.put(connection)),
      singleSteady: await this.steady(api, (connection) => this.requests.single(connection)),
      unitsOfSingle: await this.countUnits(() => this.closed(api, { measureMs: COUNTING_MS })),
      unitsOfFifty: await this.countUnits(() => this.batch(api, BATCH_OF_ONE, COUNTING_MS)),
    };
  }

  /** Of all readings that the load brought, the warm-up's among them. */
  private async countUnits(load: () => Promise<Measurement>): Promise<WriteUnits> {
    const { sinkClient } = this.stand;
    await sinkClient.change({ watchUnits: true });
    await load();
    const { readings, writeUnits } = await sinkClient.counts();
    await sinkClient.change({ watchUnits: false });
    const units = Object.values(writeUnits).reduce((sum, ofTable) => sum + ofTable, 0);
    return { perReading: units / readings };
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

  private batch(
    server: Server,
    shape: BatchShape,
    measureMs = this.plan.measureMs,
  ): Promise<Measurement> {
    this.requests.nextDay();
    const requestsOf = (connection: number): NextRequest => this.requests.batch(connection, shape);
    return measure(this.stand, {
      server,
      readingsPerRequest: shape.equipment * shape.readingsOfEach,
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

  private steady(
    server: Server,
    requestsOf: (connection: number) => NextRequest,
  ): Promise<Measurement> {
    this.requests.nextDay();
    return measure(this.stand, {
      server,
      readingsPerRequest: 1,
      writes: true,
      run: (onEdge) =>
        runOpenLoop({
          port: server.port,
          perSecond: STEADY_PER_SECOND,
          warmUpMs: this.plan.warmUpMs,
          measureMs: this.plan.steadyMs,
          requestsOf,
          onEdge,
        }),
    });
  }
}
