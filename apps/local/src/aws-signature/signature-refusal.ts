/** Why a request's signature was not accepted. Each service has its own codes for these. */
export type RefusalReason =
  | 'malformed-uri'
  | 'anonymous'
  | 'several-mechanisms'
  | 'malformed-header'
  | 'malformed-query'
  | 'security-token'
  | 'unknown-key'
  | 'skewed'
  | 'not-yet-valid'
  | 'expired'
  | 'unsigned-header'
  | 'mismatch';

/** A request that does not prove who sent it. Its message is shown to the client. */
export class SignatureRefusal extends Error {
  override readonly name = 'SignatureRefusal';

  constructor(
    readonly reason: RefusalReason,
    message: string,
  ) {
    super(message);
  }
}
