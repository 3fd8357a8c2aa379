import { changedSettings } from './sink-settings.ts';
import type { Sink, SinkAnswer } from './sink.ts';
import type { Put } from './sink-tables.ts';

/**
 * The sink's own routes: `GET /control/counts`, `POST /control/reset`, `POST /control/settings`,
 * `GET /control/items`, `POST /control/item` (one `{table, item}` to find later).
 */
export function control(sink: Sink, url: string, body: Buffer): SinkAnswer {
  try {
    return { status: 200, body: JSON.stringify(perform(sink, url, body)) };
  } catch (error) {
    return { status: 400, body: JSON.stringify({ error: String(error) }) };
  }
}

function perform(sink: Sink, url: string, body: Buffer): unknown {
  switch (url) {
    case '/control/counts':
      return sink.counters.counts();
    case '/control/reset':
      sink.counters.reset(sink.settings.watchKeys);
      sink.tables.items.clear();
      return {};
    case '/control/settings': {
      const before = sink.settings.watchKeys;
      sink.settings = changedSettings(sink.settings, JSON.parse(body.toString('utf8')));
      if (sink.settings.watchKeys !== before) sink.counters.reset(sink.settings.watchKeys);
      return sink.settings;
    }
    case '/control/items':
      return [...sink.tables.items.values()];
    case '/control/item':
      sink.tables.put(JSON.parse(body.toString('utf8')) as Put);
      return {};
    default:
      throw new TypeError(`no control route ${url}`);
  }
}
