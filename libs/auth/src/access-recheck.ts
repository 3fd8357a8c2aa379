import type { Caller } from './caller.js';

/** For what goes on after its request was let in. */
export abstract class AccessRecheck {
  /**
   * Looks again at who sent a request, which was let in, and whether its route is still theirs. Costs no call
   * to the store, mostly. Throws what the request would be refused with now: DomainError `unauthenticated`,
   * `forbidden`, or `unavailable` when it cannot be known.
   */
  abstract recheck(request: object): Promise<Caller>;
}
