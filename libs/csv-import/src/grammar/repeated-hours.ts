import { hash } from 'node:crypto';
import type { ZoneClock } from './timezone.js';

/** A time that local clocks showed. */
export interface LocalTime {
  /** Since 1970, as if the clocks showed UTC. */
  readonly seconds: number;
  readonly nanos: number;
}

/** How far a series of readings has come through a night whose clocks were set back. */
interface Progress {
  readonly last: LocalTime;
  readonly pass: Pass;
  /**
   * The step to `last` was as long as the repeated time, or longer; undefined: nothing has shown yet that the
   * times of the series rise.
   */
  readonly isLongStep: boolean | undefined;
}

/** DOUBT: a time fell back, and that may have been the second pass or rows out of order. */
const PASS = { BEFORE: 0, FIRST: 1, SECOND: 2, AFTER: 3, DOUBT: 4 } as const;
type Pass = (typeof PASS)[keyof typeof PASS];

/** So many series can be in such a night at a time: they stand in the import's checkpoint. */
export const MAX_SERIES = 1000;
const ID_LENGTH = 16;
/** Rows that are further from each other than this are of different nights. */
const NIGHT_SECONDS = 6 * 3600;

/**
 * Tells the two passes of a repeated hour apart by the order of a file's rows: the times of each series rise,
 * so where one falls back within the hour by half of it or more, its second pass begins. A time that stands twice
 * in a row is a repeated reading, unless its series takes steps of the whole hour. What stays in doubt is not
 * decided: a third pass, a time behind one from after the hour or behind the very first one (as in files with the
 * newest row first), and what follows a smaller fall, until a greater one shows where the second pass begins.
 * Its state is text that another run can go on with.
 */
export class RepeatedHours {
  private readonly series: Map<string, Progress>;
  private written: string | undefined;

  constructor(
    private readonly clock: ZoneClock,
    state: string | undefined,
  ) {
    this.series = parseState(state ?? '');
    this.written = state ?? '';
  }

  /** Empty when there is nothing to remember. */
  get state(): string {
    this.written ??= [...this.series].map(([id, progress]) => textOf(id, progress)).join(' ');
    return this.written;
  }

  /** Whether times of this hour have to be told, in the order of the rows. */
  concerns(localHour: number): boolean {
    return [-1, 0, 1].some((hours) => this.clock.isRepeated(localHour + hours));
  }

  /** To be told of a time that the clocks showed once. */
  passBy(series: string, time: LocalTime): void {
    const id = idOf(series);
    const pass = this.isBeforeRepeated(time.seconds) ? PASS.BEFORE : PASS.AFTER;
    this.note(id, { last: time, pass, isLongStep: undefined });
  }

  /** Which of two it was; undefined when that cannot be told. `repeatedSeconds`: how far apart the two are. */
  choose(
    series: string,
    time: LocalTime,
    repeatedSeconds: number,
  ): 'earlier' | 'later' | undefined {
    const id = idOf(series);
    const known = this.progressOf(id, time);
    const pass = passOf(known, time, repeatedSeconds);
    if (pass === undefined) return undefined;
    const isSame = known !== undefined && compare(time, known.last) === 0;
    const isLongStep =
      isSame || pass === PASS.DOUBT
        ? known?.isLongStep
        : known && time.seconds - known.last.seconds >= repeatedSeconds;
    const isNoted = this.note(id, { last: time, pass, isLongStep });
    if (!isNoted || pass === PASS.DOUBT) return undefined;
    return pass === PASS.FIRST ? 'earlier' : 'later';
  }

  private progressOf(id: string, time: LocalTime): Progress | undefined {
    const known = this.series.get(id);
    const isSameNight = known && Math.abs(time.seconds - known.last.seconds) <= NIGHT_SECONDS;
    return isSameNight ? known : undefined;
  }

  private isBeforeRepeated(localSeconds: number): boolean {
    const hour = Math.floor(localSeconds / 3600);
    const atEnd = this.clock.at((hour + 1) * 3600 - 1);
    const isRepeatedAtEnd = atEnd !== undefined && atEnd.earlier !== atEnd.later;
    return isRepeatedAtEnd || this.clock.isRepeated(hour + 1);
  }

  /** Whether there was room for it. */
  private note(id: string, progress: Progress): boolean {
    if (!this.series.has(id) && this.series.size >= MAX_SERIES) this.forgetPassed();
    if (!this.series.has(id) && this.series.size >= MAX_SERIES) return false;
    this.series.set(id, progress);
    this.written = undefined;
    return true;
  }

  private forgetPassed(): void {
    for (const [id, { pass }] of this.series) if (pass === PASS.AFTER) this.series.delete(id);
  }
}

function passOf(
  known: Progress | undefined,
  time: LocalTime,
  repeatedSeconds: number,
): Pass | undefined {
  if (!known || known.pass === PASS.BEFORE) return PASS.FIRST;
  const order = compare(time, known.last);
  if (known.pass === PASS.SECOND) return order >= 0 ? PASS.SECOND : undefined;
  if (known.pass === PASS.AFTER) return undefined;
  if (order < 0) {
    const isGreatFall = known.last.seconds - time.seconds >= repeatedSeconds / 2;
    return isGreatFall && known.isLongStep !== undefined ? PASS.SECOND : PASS.DOUBT;
  }
  if (known.pass === PASS.DOUBT || order > 0) return known.pass;
  if (known.isLongStep === undefined) return undefined;
  return known.isLongStep ? PASS.SECOND : PASS.FIRST;
}

function compare(a: LocalTime, b: LocalTime): number {
  return a.seconds - b.seconds || a.nanos - b.nanos;
}

/** Of one length, however long the name of the series. */
function idOf(series: string): string {
  return hash('sha256', series, 'base64url').slice(0, ID_LENGTH);
}

function textOf(id: string, { last, pass, isLongStep }: Progress): string {
  const step = isLongStep === undefined ? '' : Number(isLongStep);
  return [id, last.seconds.toString(36), last.nanos.toString(36), pass, step].join('.');
}

function parseState(state: string): Map<string, Progress> {
  const entries = state.split(' ').filter((entry) => entry !== '');
  return new Map(
    entries.map((entry) => {
      const [id = '', seconds = '', nanos = '', pass = '', step = ''] = entry.split('.');
      const last = { seconds: Number.parseInt(seconds, 36), nanos: Number.parseInt(nanos, 36) };
      const known = Object.values(PASS).find((one) => String(one) === pass) ?? PASS.BEFORE;
      const isLongStep = step === '' ? undefined : step === '1';
      return [id, { last, pass: known, isLongStep }];
    }),
  );
}
