import { JSON_REFUSALS } from '../aws-signature/json-refusal.js';
import { SignatureRefusal } from '../aws-signature/signature-refusal.js';

/** An answer that refuses, as the SDK's AWS JSON 1.0 protocol understands it. */
export class StoreError extends Error {
  override readonly name = 'StoreError';

  constructor(
    readonly status: number,
    /** The exception's name, as `__type` carries it. */
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** Undefined for a fault of ours, which the client must not see. */
export function storeErrorOf(error: unknown): StoreError | undefined {
  if (error instanceof StoreError) return error;
  if (!(error instanceof SignatureRefusal)) return undefined;
  return new StoreError(400, JSON_REFUSALS[error.reason], error.message);
}
