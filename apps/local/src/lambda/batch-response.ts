/** What a function's answer says of its batch, under `ReportBatchItemFailures`. */
export type BatchVerdict =
  | { readonly kind: 'success' }
  | { readonly kind: 'partial'; readonly failedIds: ReadonlySet<string> }
  /** Unknown ids and malformed answers count as the failure of the whole batch, as in Lambda. */
  | { readonly kind: 'malformed'; readonly reason: string };

const SUCCESS: BatchVerdict = { kind: 'success' };

/**
 * Reads `{batchItemFailures: [{itemIdentifier}]}`.
 * An empty list, null, and an answer without the list are complete success, as in Lambda.
 */
export function readBatchResponse(answer: unknown, batchIds: ReadonlySet<string>): BatchVerdict {
  if (answer === null || answer === undefined) return SUCCESS;
  if (typeof answer !== 'object' || Array.isArray(answer)) {
    return malformed('the answer is no object');
  }
  const failures: unknown = Reflect.get(answer, 'batchItemFailures');
  if (failures === null || failures === undefined) return SUCCESS;
  if (!Array.isArray(failures)) return malformed('batchItemFailures is no list');
  const ids = failures.map(identifierOf);
  if (ids.length === 0) return SUCCESS;
  const known = ids.filter((id) => id !== undefined && batchIds.has(id));
  if (known.length < ids.length) return malformed('an itemIdentifier is not of this batch');
  return { kind: 'partial', failedIds: new Set(known.filter((id) => id !== undefined)) };
}

function identifierOf(failure: unknown): string | undefined {
  if (typeof failure !== 'object' || failure === null) return undefined;
  const id: unknown = Reflect.get(failure, 'itemIdentifier');
  return typeof id === 'string' && id !== '' ? id : undefined;
}

function malformed(reason: string): BatchVerdict {
  return { kind: 'malformed', reason };
}
