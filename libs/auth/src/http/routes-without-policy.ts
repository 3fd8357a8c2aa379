import type { INestApplication } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { DeclaredPolicy } from './auth.decorators.js';

/** Where Nest's route decorators leave a handler's path. */
const PATH_METADATA = 'path';

type Handler = (...args: never[]) => unknown;

/**
 * The handlers, as `Controller.method`, that say nothing of who may call them. The guard refuses
 * those; a test refuses to build them. Needs AuthModule in the application.
 */
export function routesWithoutPolicy(app: INestApplication): readonly string[] {
  const reflector = app.get(Reflector, { strict: false });
  return app
    .get(DiscoveryService, { strict: false })
    .getControllers()
    .flatMap(({ metatype }) => (typeof metatype === 'function' ? [metatype] : []))
    .flatMap((controller) =>
      routesOf(controller.prototype)
        .filter(([, handler]) => !declaresPolicy(reflector, handler, controller))
        .map(([name]) => `${controller.name}.${name}`),
    );
}

function routesOf(prototype: unknown): readonly (readonly [string, Handler])[] {
  if (typeof prototype !== 'object' || prototype === null) return [];
  const names = new MetadataScanner().getAllMethodNames(prototype);
  return names.flatMap((name) => {
    const handler: unknown = Reflect.get(prototype, name);
    return isHandler(handler) && Reflect.hasMetadata(PATH_METADATA, handler)
      ? [[name, handler] as const]
      : [];
  });
}

function isHandler(value: unknown): value is Handler {
  return typeof value === 'function';
}

function declaresPolicy(
  reflector: Reflector,
  ...targets: readonly Parameters<Reflector['get']>[1][]
) {
  return reflector.getAllAndOverride(DeclaredPolicy, [...targets]) !== undefined;
}
