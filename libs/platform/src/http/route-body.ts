import { RouteConfig } from '@nestjs/platform-fastify';

/** What a route says about the bodies it takes; read by the body parsers. */
export interface RouteBody {
  readonly maxBodyBytes?: number;
  readonly acceptsNdjson?: boolean;
}

declare module 'fastify' {
  interface FastifyContextConfig extends RouteBody {}
}

/** Routes that say nothing take small JSON bodies. */
export const DEFAULT_MAX_BODY_BYTES = 256 * 1024;

const declared = new WeakMap<object, RouteBody>();

/** RouteConfig replaces what stood there; two decorators on one route must add up. */
export function routeBody(addition: RouteBody): MethodDecorator {
  return (target, key, descriptor) => {
    const route: unknown = descriptor.value;
    if (typeof route !== 'function') throw new TypeError('only a method is a route');
    const config = { ...declared.get(route), ...addition };
    declared.set(route, config);
    RouteConfig(config)(target, key, descriptor);
  };
}
