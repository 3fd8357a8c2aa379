/** What a conditional read is decided on. */
export interface ObjectState {
  /** With its quotes. */
  readonly etag: string;
  readonly modifiedAtEpochMs: number;
}

/** RFC 9110 §13.2.2, in its order: the conditions on tags come before those on times. */
export function readVerdict(
  headers: ReadonlyMap<string, string>,
  object: ObjectState,
): 'proceed' | 'precondition-failed' | 'not-modified' {
  const ifMatch = headers.get('if-match');
  const ifNoneMatch = headers.get('if-none-match');
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, object.etag)) return 'precondition-failed';
  } else if (modifiedAfter(headers.get('if-unmodified-since'), object) === true) {
    return 'precondition-failed';
  }
  if (ifNoneMatch !== undefined) {
    if (matches(ifNoneMatch, object.etag)) return 'not-modified';
  } else if (modifiedAfter(headers.get('if-modified-since'), object) === false) {
    return 'not-modified';
  }
  return 'proceed';
}

function matches(list: string, etag: string): boolean {
  return list
    .split(',')
    .map((each) => each.trim().replace(/^W\//, ''))
    .some((each) => each === '*' || each === etag || `"${each}"` === etag);
}

/** Undefined when there is no such date. HTTP dates have whole seconds. */
function modifiedAfter(date: string | undefined, object: ObjectState): boolean | undefined {
  const epochMs = Date.parse(date ?? '');
  if (Number.isNaN(epochMs)) return undefined;
  return Math.floor(object.modifiedAtEpochMs / 1000) * 1000 > epochMs;
}
