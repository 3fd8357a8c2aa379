/** What a column can be, beside a metric of its own name. */
export const ROLES = ['timestamp', 'date', 'time', 'equipmentId', 'metric', 'value'] as const;
export type Role = (typeof ROLES)[number];

/** What a form shows of a column. */
export type Meaning = Role | 'asMetric' | 'out';

/** @param isLong whether the file has a row for each value; of any other, `metric` and `value` are names like all */
export function meaningOf(role: string | null, isLong: boolean): Meaning {
  if (role === null) return 'out';
  const known = ROLES.find((each) => each === role);
  const isName = known === undefined || (!isLong && (known === 'metric' || known === 'value'));
  return isName ? 'asMetric' : known;
}

/** What `columns` says of a column with this meaning; a metric keeps the name that it has, or gets one made of it. */
export function roleOf(meaning: Meaning, name: string, before: string | null): string | null {
  if (meaning === 'out') return null;
  if (meaning !== 'asMetric') return meaning;
  const hasName = before !== null && !ROLES.some((role) => role === before);
  return hasName ? before : metricName(name);
}

/** A first proposal, which its reader can change. */
export function metricName(name: string): string {
  const plain = name.normalize('NFKD').replaceAll(/\p{M}/gu, '');
  const words = plain
    .split(/[^A-Za-z0-9.-]/)
    .filter((word) => word !== '')
    .join('_');
  const begun = /^[A-Za-z]/.test(words) ? words : `m_${words}`;
  const made = begun.slice(0, 64);
  return ROLES.some((role) => role === made.toLowerCase()) ? `${made}_1` : made;
}
