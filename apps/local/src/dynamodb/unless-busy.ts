const SQLITE_BUSY = 5;

/** What a write to SQLite answers; undefined when another writer kept it waiting for too long. */
export function unlessBusy<Result>(write: () => Result): Result | undefined {
  try {
    return write();
  } catch (error) {
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) {
      return undefined;
    }
    throw error;
  }
}
