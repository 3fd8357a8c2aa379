import {
  ClosingProgress,
  FIRST_HOUR,
  hourPlus,
  OpenHours,
  startOfHour,
  type AggregateStore,
  type ClosingMark,
  type EquipmentHour,
  type Hour,
} from '@sensorflow/aggregation';
import type { EquipmentHours } from '@sensorflow/aggregation/equipment-hours.js';
import type {
  CellState,
  MetricHoursQuery,
  ScannedHour,
} from '@sensorflow/aggregation/hours/aggregate-store.js';
import { instantToEpochMs, type Clock } from '@sensorflow/kernel';
import { CLOSING_GRACE_MS } from '@sensorflow/verification/closing/hour-closer.js';
import { PLANTED_FAULTS } from './planted-aggregation-faults.js';
import type { PlantedFault } from './simulated-aggregation.js';

/** Each is one rule of record 0020 that somebody left out. */
export const PLANTED_CLOSING_FAULTS: readonly [string, PlantedFault][] = [
  ['readers that go by their clock', { aggregates: { reader: closedByClock } }],
  ['no closing', { closing: { closer: (real) => new NeverDone(real) } }],
  ['the first change skipped too', { open: (clock, ms) => new SkippingFirst(clock, ms) }],
  ['a stale frontier', { closing: { consumer: (real) => new Stale(real) } }],
  [
    'a frontier guessed from a clock',
    { closing: { consumer: (real, clock) => new Guessed(real, clock) } },
  ],
  ['no second look', { closing: { recomputer: (real) => new NeverPassed(real) } }],
  ['a frontier that moves last', { closing: { closer: (real) => new MovedLast(real) } }],
  ['a position that moves first', { closing: { closer: (real) => new MovedEarly(real) } }],
  ['closed that is not sticky', { aggregates: { recomputer: forgettingClosed } }],
  ['answers cached', { reader: caching }],
  ...PLANTED_FAULTS.filter(([name]) => name === 'no lock'),
];

/** Keeps the contract in all but what a fault changes. */
class Faulty extends ClosingProgress {
  constructor(protected readonly real: ClosingProgress) {
    super();
  }

  override async read(mark: ClosingMark): Promise<Hour> {
    return this.real.read(mark);
  }

  override async advance(mark: ClosingMark, to: Hour): Promise<void> {
    return this.real.advance(mark, to);
  }
}

class NeverDone extends Faulty {
  override async read(): Promise<Hour> {
    return Promise.resolve('9999-01-01T00' as Hour);
  }

  override async advance(): Promise<void> {
    return Promise.resolve();
  }
}

/** What was read for the batch before. */
class Stale extends Faulty {
  private last = FIRST_HOUR;

  override async read(mark: ClosingMark): Promise<Hour> {
    const { last } = this;
    this.last = await super.read(mark);
    return last;
  }
}

class Guessed extends Faulty {
  constructor(
    real: ClosingProgress,
    private readonly clock: Clock,
  ) {
    super(real);
  }

  override async read(): Promise<Hour> {
    const due = new Date(this.clock.nowEpochMs() - CLOSING_GRACE_MS).toISOString();
    return Promise.resolve(due.slice(0, 13) as Hour);
  }
}

class NeverPassed extends Faulty {
  override async read(): Promise<Hour> {
    return Promise.resolve(FIRST_HOUR);
  }
}

class MovedLast extends Faulty {
  override async advance(mark: ClosingMark, to: Hour): Promise<void> {
    if (mark === 'frontier') return;
    await super.advance('frontier', to);
    await super.advance('position', to);
  }
}

class MovedEarly extends Faulty {
  override async read(mark: ClosingMark): Promise<Hour> {
    const hour = await super.read(mark);
    if (mark === 'position') await super.advance('position', hourPlus(hour, 1_000_000));
    return hour;
  }
}

class SkippingFirst extends OpenHours {
  private readonly skipped = new Set<string>();

  override postpone(cell: EquipmentHour, frontier: Hour): boolean {
    const id = `${cell.equipmentId} ${cell.hour}`;
    if (super.postpone(cell, frontier)) return true;
    const isFirst = cell.hour >= frontier && !this.skipped.has(id);
    this.skipped.add(id);
    return isFirst;
  }
}

/** A copy of the store with one method replaced. */
function replacing(real: AggregateStore, methods: Partial<AggregateStore>): AggregateStore {
  return Object.assign(Object.create(real), methods);
}

function forgettingClosed(real: AggregateStore): AggregateStore {
  return replacing(real, {
    readState: async (of: EquipmentHour): Promise<CellState> => {
      const { isClosed: _, ...state } = await real.readState(of);
      return state;
    },
  });
}

/** Trusts a cell, or that there is none, once the hour is over and its grace. */
function closedByClock(real: AggregateStore, clock: Clock): AggregateStore {
  return replacing(real, {
    async *scanMetric(query: MetricHoursQuery) {
      const found = new Map<Hour, ScannedHour>();
      for await (const page of real.scanMetric(query))
        for (const cell of page) found.set(cell.hour, cell);
      const { from, to } = query.range;
      for (let hour = from; hour < to; hour = hourPlus(hour, 1)) {
        const endsAt = instantToEpochMs(startOfHour(hourPlus(hour, 1))) + CLOSING_GRACE_MS;
        const { equipmentId = '' } = query;
        const isClosed = clock.nowEpochMs() >= endsAt;
        yield [{ equipmentId, ...found.get(hour), hour, isClosed }];
      }
    },
  });
}

/** Answers what was answered a moment ago. */
function caching(hours: EquipmentHours): Pick<EquipmentHours, 'read'> {
  const answers = new Map<string, { uses: number; readonly found: readonly ScannedHour[] }>();
  return {
    read: async (query) => {
      const known = answers.get(query.equipmentId);
      if (known && known.uses < 2) {
        known.uses += 1;
        return known.found;
      }
      const found = await hours.read(query);
      answers.set(query.equipmentId, { uses: 0, found });
      return found;
    },
  };
}
