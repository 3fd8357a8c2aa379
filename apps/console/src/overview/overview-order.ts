import type { components } from '#console-api';
import type { Sort } from '../design/DataTable.tsx';
import type { State } from '../design/StateMark.tsx';

export type Status = components['schemas']['EquipmentStatus'];

const STATES = ['silent', 'late', 'on-time', 'unknown'] as const satisfies readonly State[];

/** What the address says of the overview. */
export interface OverviewView {
  readonly search: string;
  readonly state: State | undefined;
  readonly sort: Sort;
  /** From 0, of what is sorted here. */
  readonly page: number;
  /** The cursor of a page that the API sorted. */
  readonly after: string | undefined;
}

const BY_NAME: Sort = { by: 'equipment', descending: false };
const SORTED_BY = new Set(['state', 'equipment', 'age', 'gap']);

export function viewIn(parameters: URLSearchParams): OverviewView {
  const sort = parameters.get('sort') ?? '';
  const by = sort.replace(/^-/, '');
  const page = Number(parameters.get('page') ?? 1);
  return {
    search: parameters.get('search') ?? '',
    state: STATES.find((state) => state === parameters.get('state')),
    sort: SORTED_BY.has(by) ? { by, descending: sort.startsWith('-') } : BY_NAME,
    page: Number.isInteger(page) && page > 0 ? page - 1 : 0,
    after: parameters.get('after') ?? undefined,
  };
}

/** The shortest address that says the same. */
export function parametersOf({ search, state, sort, page, after }: OverviewView): URLSearchParams {
  const parameters = new URLSearchParams();
  if (search !== '') parameters.set('search', search);
  if (state) parameters.set('state', state);
  if (sort.by !== BY_NAME.by || sort.descending) {
    parameters.set('sort', `${sort.descending ? '-' : ''}${sort.by}`);
  }
  if (page > 0) parameters.set('page', String(page + 1));
  if (after !== undefined) parameters.set('after', after);
  return parameters;
}

/** The API lists by name; whatever else is wanted takes all of it. */
export function needsAll({ state, sort }: OverviewView): boolean {
  return state !== undefined || sort.by !== BY_NAME.by || sort.descending;
}

export function sorted(items: readonly Status[], { by, descending }: Sort): readonly Status[] {
  const compare = COMPARISONS[by] ?? byName;
  const direction = descending ? -1 : 1;
  return items.toSorted((a, b) => direction * compare(a, b) || byName(a, b));
}

const COMPARISONS: Readonly<Record<string, (a: Status, b: Status) => number>> = {
  state: (a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state),
  age: (a, b) => Date.parse(b.lastTimestamp) - Date.parse(a.lastTimestamp),
  gap: (a, b) => (a.usualGapSeconds ?? Infinity) - (b.usualGapSeconds ?? Infinity) || 0,
  equipment: byName,
};

function byName(a: Status, b: Status): number {
  if (a.equipmentId === b.equipmentId) return 0;
  return a.equipmentId < b.equipmentId ? -1 : 1;
}
