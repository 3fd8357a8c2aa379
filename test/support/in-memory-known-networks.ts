import { KnownNetworks } from '@sensorflow/auth/known-networks.js';

/** Known networks that several "processes" of a test can share. */
export class InMemoryKnownNetworks extends KnownNetworks {
  private readonly untilEpochMs = new Map<string, number>();

  async isKnown(account: string, network: string, nowEpochMs: number): Promise<boolean> {
    return (this.untilEpochMs.get(`${account}#${network}`) ?? 0) > nowEpochMs;
  }

  async remember(account: string, network: string, untilEpochMs: number): Promise<void> {
    this.untilEpochMs.set(`${account}#${network}`, untilEpochMs);
  }
}
