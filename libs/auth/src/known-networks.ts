/**
 * From which networks an account was logged in to. Throws DomainError `unavailable`
 * (`login-throttle-unavailable`) when it cannot tell.
 */
export abstract class KnownNetworks {
  abstract isKnown(account: string, network: string, nowEpochMs: number): Promise<boolean>;

  /** Durable once it returns. Safe to repeat; the later end stands. */
  abstract remember(account: string, network: string, untilEpochMs: number): Promise<void>;
}
