import { routeBody } from './route-body.js';

/** The largest body that a route reads; a larger one is refused with 413 before it is read. */
export function MaxBodyBytes(bytes: number): MethodDecorator {
  return routeBody({ maxBodyBytes: bytes });
}
