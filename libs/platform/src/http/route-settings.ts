import { RouteConfig } from '@nestjs/platform-fastify';

/** What a route says of itself to those who look at a request before Nest does. */
export interface RouteSettings {
  readonly maxBodyBytes?: number;
  readonly acceptsNdjson?: boolean;
  readonly ignoresBody?: boolean;
  readonly contentAdvice?: ContentAdvice;
  /** A member whose number is kept as text, when the query has the parameter. */
  readonly numberText?: { readonly member: string; readonly parameter: string };
  /** Who may call it, in auth's words. */
  readonly policy?: string | readonly string[];
  /** Cookies do not count, an API key also counts in the query, and a refusal is 403. */
  readonly credentials?: 'key-in-query';
  /**
   * How it keeps a caller to their equipment: by the `equipmentId` of its query, or in its handler. One that
   * has it in its path needs to say nothing; any other keeps such callers out.
   */
  readonly equipment?: 'in-query' | 'by-handler';
}

/** By the beginning of a content type, in small letters: sentences that say what to send instead. */
export type ContentAdvice = Readonly<Record<string, string>>;

declare module 'fastify' {
  interface FastifyContextConfig extends RouteSettings {}
}

/** Routes that say nothing take small JSON bodies. */
export const DEFAULT_MAX_BODY_BYTES = 256 * 1024;

const declared = new WeakMap<object, RouteSettings>();

/** RouteConfig replaces what stood there; two decorators on one route must add up. */
export function routeSettings(addition: RouteSettings): MethodDecorator {
  return (target, key, descriptor) => {
    const route: unknown = descriptor.value;
    if (typeof route !== 'function') throw new TypeError('only a method is a route');
    const settings = { ...declared.get(route), ...addition };
    declared.set(route, settings);
    RouteConfig(settings)(target, key, descriptor);
  };
}
