import type { components } from '#console-api';
import { api, body } from '../api/client.ts';

export type Difference = components['schemas']['Difference'];
type Page = components['schemas']['Verification'] & { readonly repaired?: number };

const DAY_MS = 86_400_000;

/** Whole UTC days, such as 2026-11-30, both included. */
export interface Asked {
  readonly from: string;
  readonly to: string;
  /** Empty: all equipment, and the totals of many. */
  readonly equipmentId: string;
}

export interface Outcome {
  readonly asked: Asked;
  readonly checked: number;
  /** Hours that were left out, and why. */
  readonly openHours: number;
  readonly sealedHours: number;
  readonly tooLarge: number;
  readonly differences: readonly Difference[];
  /** Undefined where nothing was to be repaired. */
  readonly repaired: number | undefined;
}

export interface RunOptions {
  readonly isRepair: boolean;
  readonly signal: AbortSignal;
  readonly onChecked: (checked: number) => void;
}

/** Verifies, or repairs, page by page. Throws ApiProblem, and AbortError once the signal says so. */
export async function verificationOf(asked: Asked, options: RunOptions): Promise<Outcome> {
  const { isRepair, signal, onChecked } = options;
  const sum = { checked: 0, openHours: 0, sealedHours: 0, tooLarge: 0, repaired: 0 };
  const differences: Difference[] = [];
  for (let cursor: string | undefined; ;) {
    const params = { query: { ...rangeOf(asked), ...(cursor !== undefined && { cursor }) } };
    const page: Page = isRepair
      ? await body(api.POST('/sensor-data/aggregated/repair', { params, signal }))
      : await body(api.GET('/sensor-data/aggregated/verify', { params, signal }));
    sum.checked += page.checked;
    sum.openHours += page.openHours;
    sum.sealedHours += page.sealedHours;
    sum.tooLarge += page.tooLarge;
    sum.repaired += page.repaired ?? 0;
    differences.push(...page.differences);
    onChecked(sum.checked);
    if (page.nextCursor === null) {
      return { ...sum, asked, differences, repaired: isRepair ? sum.repaired : undefined };
    }
    cursor = page.nextCursor;
  }
}

function rangeOf({ from, to, equipmentId }: Asked) {
  const end = new Date(Date.parse(`${to}T00:00:00Z`) + DAY_MS).toISOString();
  return { from: `${from}T00:00:00Z`, to: end, ...(equipmentId !== '' && { equipmentId }) };
}

/** The days that an address names; yesterday and today where it names none. */
export function askedIn(parameters: URLSearchParams, nowEpochMs: number): Asked {
  const day = (name: string, otherwiseEpochMs: number) => {
    const named = parameters.get(name) ?? '';
    const isDay = /^\d{4}-\d\d-\d\d$/.test(named) && !Number.isNaN(Date.parse(named));
    return isDay ? named : new Date(otherwiseEpochMs).toISOString().slice(0, 10);
  };
  return {
    from: day('from', nowEpochMs - DAY_MS),
    to: day('to', nowEpochMs),
    equipmentId: parameters.get('equipmentId') ?? '',
  };
}
