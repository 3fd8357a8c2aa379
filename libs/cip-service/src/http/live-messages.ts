import type { FeedEvent } from '@sensorflow/live';
import type { AcceptedChange } from '@sensorflow/sensor-data';
import { QUANTITIES } from '../cip-measurement.js';
import { recordOf } from '../cip-record.js';
import { toCipReadingView } from './cip.views.js';

/** Events as the earlier service words them, as JSON: it knows only readings of its own quantities. */
export class LiveMessages {
  /** Many clients are told of the same changes. */
  private readonly known = new WeakMap<AcceptedChange, readonly string[]>();

  /** @param timeZone an IANA name */
  constructor(private readonly timeZone: string) {}

  of(event: FeedEvent): readonly string[] {
    return event.type === 'reading' ? event.changes.flatMap((change) => this.ofChange(change)) : [];
  }

  private ofChange(change: AcceptedChange): readonly string[] {
    if (change.kind !== 'readings') return [];
    const known = this.known.get(change);
    if (known) return known;
    const messages = change.readings
      .filter(({ values }) => QUANTITIES.some((quantity) => values.has(quantity)))
      .map((one) => toCipReadingView(recordOf(one, this.timeZone)))
      // Addresses are not kept.
      .map((view) => JSON.stringify(Object.assign(view, { client_ip: null })));
    this.known.set(change, messages);
    return messages;
  }
}
