import type { CsvRound } from './csv/csv-import.ts';
import type { HttpRound, StackRound } from './rounds.ts';
import { median } from './statistics.ts';

/** One promise about performance: a figure of one round, with what it must reach. */
export interface Criterion<Round> {
  readonly what: string;
  /** Says what the figure is a multiple of, or its unit. */
  readonly unit: string;
  readonly better: 'lower' | 'higher';
  readonly floor: number;
  readonly aim: number;
  readonly figure: (round: Round) => number;
}

/** The ratios are made within a round, of two measurements that lie seconds apart. */
export const HTTP_CRITERIA: readonly Criterion<HttpRound>[] = [
  {
    what: 'one reading: CPU of the API per request',
    unit: '× bare',
    better: 'lower',
    floor: 2.5,
    aim: 1.8,
    figure: ({ single, bare }) => single.cpuMicros / bare.cpuMicros,
  },
  {
    what: 'one reading: throughput on one core',
    unit: '× naive',
    better: 'higher',
    floor: 10,
    aim: 15,
    figure: ({ single, naive }) => single.perSecond / naive.perSecond,
  },
  {
    what: 'one reading at 3,000/s: p50 beyond the sink’s',
    unit: 'ms',
    better: 'lower',
    floor: 1.2,
    aim: 0.7,
    figure: ({ singleSteady, sinkSteady }) => singleSteady.p50Ms - sinkSteady.p50Ms,
  },
  {
    what: 'one reading at 3,000/s: p99 beyond the sink’s',
    unit: 'ms',
    better: 'lower',
    floor: 5,
    aim: 3,
    figure: ({ singleSteady, sinkSteady }) => singleSteady.p99Ms - sinkSteady.p99Ms,
  },
  {
    what: 'batches of 500 readings of 500 equipment: readings/s',
    unit: '× naive',
    better: 'higher',
    floor: 60,
    aim: 80,
    figure: ({ batch, naive }) => batch.perSecond / naive.perSecond,
  },
  {
    what: 'batches of 500 readings of 10 equipment: readings/s',
    unit: '× naive',
    better: 'higher',
    floor: 200,
    aim: 350,
    figure: ({ batchOfFew, naive }) => batchOfFew.perSecond / naive.perSecond,
  },
  {
    what: 'write units for a reading, of the API alone: single',
    unit: 'units',
    better: 'lower',
    floor: 1.3,
    aim: 1.1,
    figure: ({ unitsOfSingle }) => unitsOfSingle.perReading,
  },
  {
    what: '… 50 of one equipment in a request',
    unit: 'units',
    better: 'lower',
    floor: 0.06,
    aim: 0.03,
    figure: ({ unitsOfFifty }) => unitsOfFifty.perReading,
  },
];

export const CSV_CRITERIA: readonly Criterion<CsvRound>[] = [
  {
    what: 'CSV import: rows/s, of PapaParse alone',
    unit: '× PapaParse',
    better: 'higher',
    floor: 1 / 5,
    aim: 1 / 3,
    figure: ({ csvImport, papa }) => csvImport.rowsPerSecond / papa.rowsPerSecond,
  },
  {
    what: 'CSV import: peak memory (RSS)',
    unit: 'MB',
    better: 'lower',
    floor: 200,
    aim: 120,
    figure: ({ csvImport }) => (csvImport.peakRssMib * 2 ** 20) / 1e6,
  },
];

export const STACK_CRITERIA: readonly Criterion<StackRound>[] = [
  {
    what: 'embedded stack: warm start to ready',
    unit: 's',
    better: 'lower',
    floor: 5,
    aim: 2,
    figure: ({ warmStart }) => warmStart.seconds,
  },
];

export interface Verdict extends Pick<
  Criterion<never>,
  'what' | 'unit' | 'better' | 'floor' | 'aim'
> {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
  readonly meetsFloor: boolean;
  readonly meetsAim: boolean;
}

export function judge<Round>(
  criteria: readonly Criterion<Round>[],
  rounds: readonly Round[],
): readonly Verdict[] {
  return criteria.map((criterion) => verdictOn(criterion, rounds));
}

function verdictOn<Round>(criterion: Criterion<Round>, rounds: readonly Round[]): Verdict {
  const { what, unit, better, floor, aim } = criterion;
  const figures = rounds.map(criterion.figure);
  const middle = median(figures);
  const meets = (limit: number): boolean =>
    better === 'lower' ? middle <= limit : middle >= limit;
  return {
    what,
    unit,
    better,
    floor,
    aim,
    median: middle,
    lowest: Math.min(...figures),
    highest: Math.max(...figures),
    meetsFloor: meets(floor),
    meetsAim: meets(aim),
  };
}
