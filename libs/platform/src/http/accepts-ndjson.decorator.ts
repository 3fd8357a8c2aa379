import { routeSettings } from './route-settings.js';

/**
 * Lets a route take `application/x-ndjson` beside JSON. Its body arrives as text, because building a
 * list of megabytes at once would hold up everybody else: the route takes it apart with `json-list.ts`.
 */
export function AcceptsNdjson(): MethodDecorator {
  return routeSettings({ acceptsNdjson: true });
}
