import type { InputFault } from './fault.js';

/** Closed on purpose: HTTP turns each kind into one status, a Lambda into "retry" or "reject". */
export type ErrorKind =
  | 'invalid'
  | 'too-large'
  | 'unsupported'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'throttled'
  | 'overloaded'
  | 'unavailable';

export interface DomainErrorDetails {
  /** What went wrong underneath; logged, never shown. */
  readonly cause?: unknown;
  /** Every fault of the input at once. */
  readonly faults?: readonly InputFault[];
  readonly retryAfterSeconds?: number;
  /** What the answer says beyond the usual members, such as a batch's verdicts. */
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** A failure that the caller can understand and act on. Its message is shown to the caller. */
export class DomainError extends Error {
  override readonly name = 'DomainError';
  readonly faults: readonly InputFault[];
  readonly retryAfterSeconds: number | undefined;
  readonly extensions: Readonly<Record<string, unknown>>;

  constructor(
    readonly kind: ErrorKind,
    readonly code: string,
    detail: string,
    details: DomainErrorDetails = {},
  ) {
    super(detail, details.cause === undefined ? undefined : { cause: details.cause });
    this.faults = details.faults ?? [];
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.extensions = details.extensions ?? {};
  }
}
