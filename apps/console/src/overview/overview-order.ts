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
  /** The cursor of a page. */
  readonly after: string | undefined;
}

const BY_NAME: Sort = { by: 'equipment', descending: false };
/** What the API calls them, and which way it counts: the oldest reading has the greatest age. */
const SORTED_BY = {
  state: { sort: 'state', isReversed: false },
  equipment: { sort: 'equipmentId', isReversed: false },
  age: { sort: 'lastTimestamp', isReversed: true },
  gap: { sort: 'usualGap', isReversed: false },
} as const;

export function viewIn(parameters: URLSearchParams): OverviewView {
  const sort = parameters.get('sort') ?? '';
  const by = sort.replace(/^-/, '');
  return {
    search: parameters.get('search') ?? '',
    state: STATES.find((state) => state === parameters.get('state')),
    sort: Object.hasOwn(SORTED_BY, by) ? { by, descending: sort.startsWith('-') } : BY_NAME,
    after: parameters.get('after') ?? undefined,
  };
}

/** The shortest address that says the same. */
export function parametersOf({ search, state, sort, after }: OverviewView): URLSearchParams {
  const parameters = new URLSearchParams();
  if (search !== '') parameters.set('search', search);
  if (state) parameters.set('state', state);
  if (!isByName(sort)) parameters.set('sort', `${sort.descending ? '-' : ''}${sort.by}`);
  if (after !== undefined) parameters.set('after', after);
  return parameters;
}

/** Whether the API has to know all equipment to answer, and not just the page. */
export function isChosen({ state, sort }: OverviewView): boolean {
  return state !== undefined || !isByName(sort);
}

/** The parameters of an order; none for that of names. */
export function sortParameter(sort: Sort) {
  if (isByName(sort)) return {};
  const { sort: by, isReversed } = SORTED_BY[sort.by as keyof typeof SORTED_BY];
  const order = sort.descending === isReversed ? ('asc' as const) : ('desc' as const);
  return { sort: by, order };
}

function isByName({ by, descending }: Sort): boolean {
  return by === BY_NAME.by && !descending;
}
