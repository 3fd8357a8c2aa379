import { DomainError, type Clock } from '@sensorflow/kernel';
import { randomUUID } from 'node:crypto';
import type { Caller } from '../caller.js';
import type { ConnectionPlace, ConnectionPlaces } from './connection-places.js';

export interface LeaseTiming {
  /** The place of a process that has died is free again after so long. */
  readonly leaseMs: number;
  readonly renewEveryMs: number;
}

const LEASE_TIMING: LeaseTiming = { leaseMs: 60_000, renewEveryMs: 15_000 };

export interface HeldConnection {
  /** At most once; does not throw. */
  close(): void;
}

const UNLIMITED: HeldConnection = { close: () => undefined };

/** Keeps callers to as many connections as they may have, over all processes. */
export class LimitedConnections {
  private readonly held = new Set<Lease>();
  private readonly givingBack = new Set<Promise<void>>();

  constructor(
    private readonly places: ConnectionPlaces,
    private readonly clock: Clock,
    private readonly onFailure: (error: unknown) => void,
    private readonly timing = LEASE_TIMING,
  ) {}

  /**
   * Costs no call for callers without a limit. Throws DomainError `throttled` (`too-many-connections`) and what
   * ConnectionPlaces throws.
   *
   * @param onLost told once when the place could not be kept: the connection must end
   */
  async open(
    { subject, maxConnections: most }: Pick<Caller, 'subject' | 'maxConnections'>,
    onLost: () => void,
  ): Promise<HeldConnection> {
    if (most === undefined) return UNLIMITED;
    const now = this.clock.nowEpochMs();
    const wish = { subject, most, holder: randomUUID() };
    const untilEpochMs = now + this.timing.leaseMs;
    const place = await this.places.take(wish, now, untilEpochMs);
    if (!place) throw tooManyConnections(most);
    const timer = setInterval(() => void this.renew(lease), this.timing.renewEveryMs);
    timer.unref();
    const lease: Lease = { place, timer, onLost, untilEpochMs };
    this.held.add(lease);
    return { close: () => this.giveBack(lease) };
  }

  /** Gives everything back. Does not throw. */
  async stop(): Promise<void> {
    for (const lease of this.held) this.giveBack(lease);
    await Promise.all(this.givingBack);
  }

  private async renew(lease: Lease): Promise<void> {
    const until = this.clock.nowEpochMs() + this.timing.leaseMs;
    try {
      const isOurs = await this.places.renew(lease.place, until);
      if (isOurs) lease.untilEpochMs = until;
      else this.lose(lease);
    } catch (error) {
      this.onFailure(error);
      if (lease.untilEpochMs <= this.clock.nowEpochMs()) this.lose(lease);
    }
  }

  private lose(lease: Lease): void {
    if (this.forget(lease)) lease.onLost();
  }

  private giveBack(lease: Lease): void {
    if (!this.forget(lease)) return;
    const done = this.places
      .giveBack(lease.place)
      .catch(this.onFailure)
      .finally(() => this.givingBack.delete(done));
    this.givingBack.add(done);
  }

  private forget(lease: Lease): boolean {
    clearInterval(lease.timer);
    return this.held.delete(lease);
  }
}

interface Lease {
  readonly place: ConnectionPlace;
  readonly timer: NodeJS.Timeout;
  readonly onLost: () => void;
  untilEpochMs: number;
}

function tooManyConnections(most: number): DomainError {
  return new DomainError(
    'throttled',
    'too-many-connections',
    `Max connections (${most}) for this API Key reached.`,
    { retryAfterSeconds: 10 },
  );
}
