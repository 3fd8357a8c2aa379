import { forEachInSlices, inParallel, RecentMap, type Clock, type Fault } from '@sensorflow/kernel';
import { MAX_METRICS_PER_READING } from './metric-name.js';
import type { Reading } from './reading.js';

/** Distinct metric names that one equipment may have, ever. */
export const MAX_METRIC_NAMES_PER_EQUIPMENT = 1024;

export const TOO_MANY_METRIC_NAMES: Fault = {
  code: 'too-many-metric-names',
  detail: `An equipment has at most ${MAX_METRIC_NAMES_PER_EQUIPMENT} metric names. Put what varies into tags or into the equipment id.`,
};

/** Which metric names an equipment has sent so far. */
export abstract class RegisteredMetricNames {
  /**
   * In any order, at most so many. May lag behind the readings by seconds. Throws when the store does
   * not answer, or the signal's reason.
   */
  abstract namesOf(
    equipmentId: string,
    atMost: number,
    signal: AbortSignal,
  ): Promise<readonly string[]>;
}

/** `unknown`: the registry did not answer, so that nobody can say. */
export type NameVerdict = 'admitted' | 'too-many' | 'unknown';

/** A process takes so many names of an equipment, ever, without asking the registry how many there are. */
const UNASKED_NAMES = MAX_METRICS_PER_READING;
/** How long an answer of the registry is good for new names: other processes take some as well. */
const ANSWER_LASTS_MS = 60_000;
const ASKING_MS = 2_000;
/** Names of each of two generations in memory: some 30 MB together when every name is another. */
const REMEMBERED = 100_000;
/** Of each of two generations: the equipment of which the unasked names are counted. */
const COUNTED_EQUIPMENT = 200_000;
/** Questions to the registry at one time for one batch. */
const QUESTIONS_AT_ONCE = 16;
/** An equipment weighs as much as so many names. */
const EQUIPMENT_WEIGHT = 4;

class EquipmentNames {
  readonly names = new Set<string>();
  askedAtEpochMs = -Infinity;
  asking: Promise<boolean> | undefined;
}

/**
 * Keeps the number of metric names of each equipment below a limit, equally for every way in. Names that
 * this process has seen pass by one look-up each; the registry is only asked for equipment that brings
 * more than a reading's worth of new ones. Decision record 0014 says by how much it can be overshot.
 */
export class MetricNameLimit {
  private readonly equipment = new RecentMap<string, EquipmentNames>(
    REMEMBERED,
    ({ names }) => EQUIPMENT_WEIGHT + names.size,
  );

  /** Outlives what is remembered of an equipment: who is forgotten gets no other 64 names. */
  private readonly unasked = new RecentMap<string, { names: number }>(COUNTED_EQUIPMENT);

  constructor(
    private readonly registered: RegisteredMetricNames,
    private readonly clock: Clock,
  ) {}

  /** Whether the reading is admitted without a question; if not, `judge` says what becomes of it. */
  admits({ equipmentId, values }: Reading): boolean {
    const known = this.known(equipmentId);
    const room = () => MAX_METRIC_NAMES_PER_EQUIPMENT - known.names.size;
    if (this.isAnswerGood(known)) return this.takesOn(known, values, room) >= 0;
    const unaskedRoom = () => Math.min(room(), UNASKED_NAMES - this.unaskedOf(equipmentId).names);
    const taken = this.takesOn(known, values, unaskedRoom);
    if (taken > 0) this.unaskedOf(equipmentId).names += taken;
    return taken >= 0;
  }

  /** Asks the registry where it has to; concurrent questions about one equipment are one. */
  async judge(reading: Reading): Promise<NameVerdict> {
    if (this.admits(reading)) return 'admitted';
    const known = this.known(reading.equipmentId);
    if (!this.isAnswerGood(known) && !(await this.ask(reading.equipmentId, known))) {
      return 'unknown';
    }
    const room = () => MAX_METRIC_NAMES_PER_EQUIPMENT - known.names.size;
    return this.takesOn(known, reading.values, room) >= 0 ? 'admitted' : 'too-many';
  }

  /** The verdicts of those that are not simply admitted. Throws `overloaded` as `forEachInSlices` does. */
  async judgeAll(
    readings: readonly Reading[],
    callerId: string,
  ): Promise<ReadonlyMap<Reading, NameVerdict>> {
    const verdicts = new Map<Reading, NameVerdict>();
    const doubtful: Reading[] = [];
    const admit = (reading: Reading) => {
      if (!this.admits(reading)) doubtful.push(reading);
    };
    await forEachInSlices(readings, admit, callerId);
    await inParallel(doubtful, QUESTIONS_AT_ONCE, async (reading) => {
      const verdict = await this.judge(reading);
      if (verdict !== 'admitted') verdicts.set(reading, verdict);
    });
    return verdicts;
  }

  private known(equipmentId: string): EquipmentNames {
    const known = this.equipment.get(equipmentId);
    if (known) return known;
    const added = new EquipmentNames();
    this.equipment.set(equipmentId, added);
    return added;
  }

  private isAnswerGood({ askedAtEpochMs }: EquipmentNames): boolean {
    return this.clock.nowEpochMs() - askedAtEpochMs < ANSWER_LASTS_MS;
  }

  private unaskedOf(equipmentId: string): { names: number } {
    const counted = this.unasked.get(equipmentId);
    if (counted) return counted;
    const added = { names: 0 };
    this.unasked.set(equipmentId, added);
    return added;
  }

  /**
   * How many new names it took on: all of the reading, or -1 for none. A reading is refused at its first
   * name too many: it may have 64, a batch 10,000 readings.
   */
  private takesOn(known: EquipmentNames, values: Reading['values'], roomFor: () => number): number {
    let fresh: string[] | undefined;
    let room = 0;
    for (const name of values.keys()) {
      if (known.names.has(name)) continue;
      if (!fresh) {
        fresh = [];
        room = roomFor();
      }
      if (fresh.length >= room) return -1;
      fresh.push(name);
    }
    if (!fresh) return 0;
    for (const name of fresh) known.names.add(name);
    this.equipment.weighMore(fresh.length);
    return fresh.length;
  }

  private async ask(equipmentId: string, known: EquipmentNames): Promise<boolean> {
    known.asking ??= this.learn(equipmentId, known).finally(() => {
      known.asking = undefined;
    });
    return known.asking;
  }

  private async learn(equipmentId: string, known: EquipmentNames): Promise<boolean> {
    const most = MAX_METRIC_NAMES_PER_EQUIPMENT * 2;
    try {
      const signal = AbortSignal.timeout(ASKING_MS);
      const names = await this.registered.namesOf(equipmentId, most, signal);
      const before = known.names.size;
      for (const name of names) known.names.add(name);
      this.equipment.weighMore(known.names.size - before);
      known.askedAtEpochMs = this.clock.nowEpochMs();
      return true;
    } catch {
      return false;
    }
  }
}
