import type { DynamicModule } from '@nestjs/common';
import { AcceptedChanges, type ChangeListener } from '@sensorflow/equipment';
import type { EquipmentOptions } from '@sensorflow/equipment/equipment.module.js';
import { FeedSink, LiveFeeds, type FeedEvent } from '@sensorflow/live';
import { randomUUID } from 'node:crypto';

/** The changes of a live feed of this process, which equipment knows nothing of. */
class LiveChanges extends AcceptedChanges {
  constructor(private readonly feeds: LiveFeeds) {
    super();
  }

  override async follow(listener: ChangeListener): Promise<() => void> {
    const begin = await this.feeds.open({
      // Of its own, so that no bound of callers holds. No subject of a caller has a blank.
      caller: { subject: `the overview ${randomUUID()}` },
      filter: {},
      lastEventId: undefined,
      checkAccess: () => Promise.resolve(),
    });
    const feed = begin(new ChangeSink(listener), (end) => {
      if (end) listener.lost();
    });
    return () => feed.left();
  }
}

/** Takes everything at once. */
class ChangeSink extends FeedSink {
  constructor(private readonly listener: ChangeListener) {
    super();
  }

  override send(event: FeedEvent, onTaken?: () => void): boolean {
    onTaken?.();
    if (event.type === 'reading') for (const change of event.changes) this.listener.changed(change);
    if (event.type === 'changed') this.listener.changed(event.range);
    return true;
  }

  override drained(): Promise<void> {
    return Promise.resolve();
  }

  override close(): void {
    // There is no connection to close.
  }
}

export function liveChangesOf(live: DynamicModule): EquipmentOptions['changes'] {
  return {
    module: live,
    inject: LiveFeeds,
    from: (feeds: LiveFeeds) => new LiveChanges(feeds),
  };
}
