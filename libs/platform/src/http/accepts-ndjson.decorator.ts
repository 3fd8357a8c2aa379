import { routeSettings } from './route-settings.js';

/**
 * Lets a route take `application/x-ndjson` beside JSON; its body then arrives as one string. The
 * elements of a JSON array are left to the route: one that is nested too deep is not the whole's fault.
 */
export function AcceptsNdjson(): MethodDecorator {
  return routeSettings({ acceptsNdjson: true });
}
