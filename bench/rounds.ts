import { measureCsv, type CsvRound } from './csv/csv-import.ts';
import type { CsvFile } from './csv/csv-file.ts';
import { Loads } from './loads.ts';
import type { Measurement } from './measurement.ts';
import { BATCH_OF_ALL, BATCH_OF_FEW, BATCH_OF_ONE, COUNTING_MS, type Plan } from './plan.ts';
import { measureStart } from './warm-start.ts';
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
  private readonly loads: Loads;
  private readonly csvFile: CsvFile;

  constructor(stand: Stand, servers: Servers, plan: Plan, csvFile: CsvFile) {
    this.stand = stand;
    this.servers = servers;
    this.plan = plan;
    this.loads = new Loads(stand, plan);
    this.csvFile = csvFile;
  }

  /** Whatever is compiled on first use is compiled before the first round. */
  async warmUp(): Promise<void> {
    const { loads } = this;
    const { bare, naive, api, apiLogged } = this.servers;
    const measureMs = this.plan.firstWarmUpMs;
    await loads.closed(bare, { measureMs, writes: false });
    for (const server of [naive, api, apiLogged]) await loads.closed(server, { measureMs });
    for (const shape of [BATCH_OF_ALL, BATCH_OF_FEW]) await loads.batch(api, shape, measureMs);
  }

  async run(): Promise<Round> {
    return {
      ...(await this.http()),
      ...(await measureCsv(this.stand, this.csvFile)),
      warmStart: { seconds: await measureStart(this.stand) },
    };
  }

  async http(): Promise<HttpRound> {
    const { loads } = this;
    const { bare, naive, api, apiLogged } = this.servers;
    return {
      bare: await loads.closed(bare, { writes: false }),
      naive: await loads.closed(naive),
      single: await loads.closed(api),
      singleLogged: await loads.closed(apiLogged),
      batch: await loads.batch(api, BATCH_OF_ALL),
      batchOfFew: await loads.batch(api, BATCH_OF_FEW),
      sinkSteady: await loads.steadyPuts(),
      singleSteady: await loads.steady(api),
      unitsOfSingle: await this.countUnits(() => loads.closed(api, { measureMs: COUNTING_MS })),
      unitsOfFifty: await this.countUnits(() => loads.batch(api, BATCH_OF_ONE, COUNTING_MS)),
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
}
