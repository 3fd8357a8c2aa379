/** A batch has readings of so many equipment, one after the other, and as often as that. */
export interface BatchShape {
  readonly equipment: number;
  /** A second apart. */
  readonly readingsOfEach: number;
}

/** How long a run measures. Everything else is the same in all forms. */
export interface Plan {
  readonly form: 'long' | 'short' | 'smoke';
  readonly rounds: number;
  /** Once, before the first round: compilers settle. */
  readonly firstWarmUpMs: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
  readonly steadyMs: number;
  readonly csvRows: number;
}

export const LONG: Plan = {
  form: 'long',
  rounds: 5,
  firstWarmUpMs: 8000,
  warmUpMs: 1000,
  measureMs: 8000,
  steadyMs: 8000,
  csvRows: 2_000_000,
};

export const SHORT: Plan = {
  form: 'short',
  rounds: 3,
  firstWarmUpMs: 7000,
  warmUpMs: 500,
  measureMs: 3000,
  steadyMs: 3000,
  csvRows: 150_000,
};

export const SMOKE: Plan = {
  form: 'smoke',
  rounds: 1,
  firstWarmUpMs: 1500,
  warmUpMs: 200,
  measureMs: 500,
  steadyMs: 500,
  csvRows: 20_000,
};

/** With 256, SensorFlow's process was busy for 88 % of the time: the rest of it waited for the store. */
export const CONNECTIONS = 512;
/** 16 × 500 readings are always under way. */
export const BATCH_CONNECTIONS = 16;
/** What a gateway that passes readings on at once sends: a reading of each equipment. */
export const BATCH_OF_ALL: BatchShape = { equipment: 500, readingsOfEach: 1 };
/** What a gateway that buffers for 50 seconds sends, in order of time. */
export const BATCH_OF_FEW: BatchShape = { equipment: 10, readingsOfEach: 50 };
/** What a logger of one equipment sends every 50 seconds. */
export const BATCH_OF_ONE: BatchShape = { equipment: 1, readingsOfEach: 50 };
export const STEADY_PER_SECOND = 3000;
/** Write units are counted, not timed: the sink looks into each item, which takes time. */
export const COUNTING_MS = 300;
/** Machine clients, each with a token of its own. */
export const TOKENS = 100;
