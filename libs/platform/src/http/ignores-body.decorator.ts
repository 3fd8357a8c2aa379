import { routeSettings } from './route-settings.js';

/** For a route that needs no body: whatever a client sends with it is thrown away, not refused. */
export function IgnoresBody(): MethodDecorator {
  return routeSettings({ ignoresBody: true });
}
