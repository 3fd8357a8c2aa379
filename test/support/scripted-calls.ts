import * as fc from 'fast-check';

type Outcome = 'stored' | 'not-stored' | 'unknown' | 'refused';

/** What the store does with one item; of an unknown one, whether it lands, and when. */
export type ItemScript = Outcome | 'unknown-landed' | 'unknown-late';

/** What the store does with one call. */
export interface CallScript {
  readonly mode: 'answers' | 'throws' | 'never-answers';
  readonly latencyMs: number;
  /** Repeated for calls of more items. */
  readonly items: readonly ItemScript[];
}

/** @param callTimeoutMs some calls answer when the engine has given them up */
export function scriptedCalls(callTimeoutMs: number): fc.Arbitrary<readonly CallScript[]> {
  const call = fc.record({
    mode: fc.constantFrom<CallScript['mode']>(
      'answers',
      'answers',
      'answers',
      'throws',
      'never-answers',
    ),
    latencyMs: fc.constantFrom(0, 1, 4, 50, 900, callTimeoutMs + 200),
    items: fc.array(
      fc.constantFrom<ItemScript>(
        'stored',
        'stored',
        'not-stored',
        'unknown',
        'unknown-landed',
        'unknown-late',
      ),
      { minLength: 1, maxLength: 6 },
    ),
  });
  return fc.array(call, { maxLength: 12 });
}

/** How long after the one before it a write arrives. */
export const arrivalGapsMs = fc.oneof(
  { weight: 6, arbitrary: fc.constant(0) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 30 }) },
  { weight: 1, arbitrary: fc.integer({ min: 100, max: 2_500 }) },
);

export function itemScriptOf(script: CallScript | undefined, index: number): ItemScript {
  return script?.items[index % script.items.length] ?? 'stored';
}

/** The answer to the caller, if there is one. */
export function outcomeOf(
  script: CallScript | undefined,
  index: number,
  isPoison: boolean,
): Outcome {
  const item = itemScriptOf(script, index);
  if (script?.mode === 'throws' || item.startsWith('unknown')) return 'unknown';
  if (item === 'not-stored') return item;
  return isPoison ? 'refused' : 'stored';
}
