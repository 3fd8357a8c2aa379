import { forEachInSlices, RecentMap, type Clock, type Fault } from '@sensorflow/kernel';
import pLimit from 'p-limit';
import { EquipmentNames, MAX_METRIC_NAMES_PER_EQUIPMENT } from './equipment-names.js';
import { MAX_METRICS_PER_READING } from './metric-name.js';
import { NewNameBudget } from './new-name-budget.js';
import type { Reading } from './reading.js';

export const TOO_MANY_METRIC_NAMES: Fault = {
  code: 'too-many-metric-names',
  detail: `An equipment has at most ${MAX_METRIC_NAMES_PER_EQUIPMENT} metric names. Put what varies into tags or into the equipment id.`,
};

/**
 * How much a name counts that this process has not seen at any equipment: aggregation keeps sums of its own for it, so it
 * costs five times as much as a name that is only new to its equipment.
 */
export const NEW_TO_FLEET_WEIGHT = 5;

/** Names new to their equipment that one caller may bring in a minute: a plant of 500 equipment with 20 metrics each. */
export const NEW_METRIC_NAMES_PER_MINUTE = 10_000;

export const TOO_MANY_NEW_METRIC_NAMES: Fault = {
  code: 'too-many-new-metric-names',
  detail: `A caller brings at most ${NEW_METRIC_NAMES_PER_MINUTE} new metric names in a minute over all equipment; one that no equipment had counts as ${NEW_TO_FLEET_WEIGHT}.`,
};

/** Which metric names an equipment has sent so far. */
export abstract class RegisteredMetricNames {
  /**
   * At most `atMost`, in any order. May lag behind the readings by seconds. Throws when the store does
   * not answer, or the signal's reason.
   */
  abstract namesOf(
    equipmentId: string,
    atMost: number,
    signal: AbortSignal,
  ): Promise<readonly string[]>;
}

/**
 * `throttled`: the caller has brought too many new names in the last minute, and may send the reading later.
 * `unknown`: the registry did not answer.
 */
export type NameVerdict = 'admitted' | 'too-many' | 'throttled' | 'unknown';

/** This many names of an equipment are taken without asking the registry how many it has already. */
const UNASKED_NAMES = MAX_METRICS_PER_READING;
/** The same for one caller in a minute: after a restart, all names of an ordinary fleet are new to the process. */
const UNASKED_NAMES_PER_MINUTE = 1_000;
/** How long an answer of the registry is trusted for new names, because other processes add names too. */
const ANSWER_LASTS_MS = 60_000;
const ASKING_MS = 2_000;
/** Names in each of two generations: together about 30 MB when no two names are equal. */
const REMEMBERED = 100_000;
/** Names of any equipment, in each of two generations: about 100 bytes each. */
const FAMILIAR_NAMES = 50_000;
/** Equipment whose unasked names are counted, in each of two generations. */
const COUNTED_EQUIPMENT = 200_000;
/** Concurrent questions to the registry for one batch. */
const QUESTIONS_AT_ONCE = 16;
/** An equipment takes as much memory as this many names. */
const EQUIPMENT_WEIGHT = 4;

/** The part of a reading that names its metrics. */
type NamedValues = Pick<Reading, 'equipmentId' | 'values'>;

/**
 * Keeps the number of metric names of each equipment below a limit, and the new ones of each caller within a
 * budget, equally for every way in. Names that this process has seen pass by one look-up each; the registry
 * is only asked for equipment that brings many new ones. Decision record 0014 says why, and by how much the
 * limits can be overshot.
 */
export class MetricNameLimit {
  private readonly equipment = new RecentMap<string, EquipmentNames>(
    REMEMBERED,
    ({ size }) => EQUIPMENT_WEIGHT + size,
  );

  /** Outlives `equipment`: equipment that is forgotten there does not get another 64 names. */
  private readonly unasked = new RecentMap<string, { names: number }>(COUNTED_EQUIPMENT);
  /** Names that some equipment has. */
  private readonly familiar = new RecentMap<string, true>(FAMILIAR_NAMES);
  private readonly unaskedNames: NewNameBudget;
  private readonly newNames: NewNameBudget;

  constructor(
    private readonly registered: RegisteredMetricNames,
    private readonly clock: Clock,
  ) {
    this.unaskedNames = new NewNameBudget(UNASKED_NAMES_PER_MINUTE, clock);
    this.newNames = new NewNameBudget(NEW_METRIC_NAMES_PER_MINUTE, clock);
  }

  /** Whether the reading is admitted without asking the registry; if not, call `judge`. */
  admits({ equipmentId, values }: NamedValues, callerId: string): boolean {
    const known = this.known(equipmentId);
    if (known.hasAll(values)) return true;
    if (this.isAnswerGood(known)) return this.verdict(known, values, callerId) === 'admitted';
    const room = () => UNASKED_NAMES - this.unaskedOf(equipmentId).names;
    const fresh = known.freshAmong(values, room);
    if (!fresh || !this.unaskedNames.take(callerId, fresh.length)) return false;
    if (fresh.length > 0) this.unaskedOf(equipmentId).names += fresh.length;
    this.remember(known, fresh);
    return true;
  }

  /** Asks the registry where it has to; concurrent questions about one equipment are one. */
  async judge(reading: Reading, callerId: string): Promise<NameVerdict> {
    if (this.admits(reading, callerId)) return 'admitted';
    const known = this.known(reading.equipmentId);
    if (!this.isAnswerGood(known) && !(await this.ask(reading.equipmentId, known))) {
      return 'unknown';
    }
    return this.verdict(known, reading.values, callerId);
  }

  /**
   * The verdicts of those that are not simply admitted. Once one is throttled, so are the others that would
   * need a look: they come again. Throws `overloaded` as `forEachInSlices` does.
   */
  async judgeAll(
    readings: readonly Reading[],
    callerId: string,
  ): Promise<ReadonlyMap<Reading, NameVerdict>> {
    const verdicts = new Map<Reading, NameVerdict>();
    const doubtful: Reading[] = [];
    const admit = (reading: Reading) => {
      if (!this.admits(reading, callerId)) doubtful.push(reading);
    };
    await forEachInSlices(readings, admit, callerId);
    let isSpent = false;
    await pLimit(QUESTIONS_AT_ONCE).map(doubtful, async (reading) => {
      const verdict = isSpent ? 'throttled' : await this.judge(reading, callerId);
      isSpent ||= verdict === 'throttled';
      if (verdict !== 'admitted') verdicts.set(reading, verdict);
    });
    return verdicts;
  }

  /** Until these are no longer throttled, or a minute's worth of them. */
  waitMs(throttled: readonly Reading[], callerId: string): number {
    let weight = 0;
    for (const { values } of throttled) {
      weight += this.weightOf(values.keys());
      if (weight >= NEW_METRIC_NAMES_PER_MINUTE) break;
    }
    return this.newNames.waitMs(callerId, Math.min(weight, NEW_METRIC_NAMES_PER_MINUTE));
  }

  private verdict(
    known: EquipmentNames,
    values: Reading['values'],
    callerId: string,
  ): Exclude<NameVerdict, 'unknown'> {
    const fresh = known.freshAmong(values);
    if (!fresh) return 'too-many';
    if (!this.newNames.take(callerId, this.weightOf(fresh))) return 'throttled';
    this.remember(known, fresh);
    return 'admitted';
  }

  private weightOf(fresh: Iterable<string>): number {
    let weight = 0;
    for (const name of fresh) weight += this.familiar.get(name) ? 1 : NEW_TO_FLEET_WEIGHT;
    return weight;
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

  private remember(known: EquipmentNames, names: readonly string[]): void {
    for (const name of names) if (!this.familiar.get(name)) this.familiar.set(name, true);
    this.equipment.weighMore(known.add(names));
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
      this.remember(known, names);
      known.askedAtEpochMs = this.clock.nowEpochMs();
      return true;
    } catch {
      return false;
    }
  }
}
