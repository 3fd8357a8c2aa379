const MONTHS =
  'January February March April May June July August September October November December';
const WEEKDAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday';

/** A time of day in a calendar without zones, to the nanosecond. */
export interface WrittenTime {
  readonly epochMs: number;
  readonly nanos: number;
}

/** Writes a time in a pattern, by a way of its own: letter by letter. */
export function write({ epochMs, nanos }: WrittenTime, pattern: string): string {
  const date = new Date(epochMs);
  const two = (value: number, letters: number) => String(value).padStart(letters, '0');
  const hour = date.getUTCHours();
  const year = String(date.getUTCFullYear());
  const month = MONTHS.split(' ')[date.getUTCMonth()] ?? '';
  const weekday = WEEKDAYS.split(' ')[date.getUTCDay()] ?? '';
  const ways: Record<string, (letters: number) => string> = {
    y: (letters) => (letters === 2 ? year.slice(2) : year),
    M: (letters) => {
      if (letters > 2) return letters === 3 ? month.slice(0, 3) : month;
      return two(date.getUTCMonth() + 1, letters);
    },
    d: (letters) => two(date.getUTCDate(), letters),
    H: (letters) => two(hour, letters),
    h: (letters) => two(hour % 12 === 0 ? 12 : hour % 12, letters),
    m: (letters) => two(date.getUTCMinutes(), letters),
    s: (letters) => two(date.getUTCSeconds(), letters),
    S: (letters) => String(nanos).padStart(9, '0').slice(0, letters),
    a: () => (hour < 12 ? 'AM' : 'PM'),
    E: (letters) => (letters === 4 ? weekday : weekday.slice(0, 3)),
    X: () => '+00:00',
  };
  return pattern.replace(/'([^']*)'|([a-zA-Z])\2*/g, (letters, quoted: string | undefined) =>
    quoted === undefined ? (ways[letters[0] ?? '']?.(letters.length) ?? letters) : quoted,
  );
}
