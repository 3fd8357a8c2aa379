import { routeBody } from './route-body.js';

/** Lets a route take `application/x-ndjson` beside JSON; its body then arrives as one string. */
export function AcceptsNdjson(): MethodDecorator {
  return routeBody({ acceptsNdjson: true });
}
