import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { invalidRequest, type InputFault } from '@sensorflow/kernel';
import type { FastifyRequest } from 'fastify';
import { QueryParameters } from './query-parameters.js';

/** What a handler looks at by itself. */
interface Taken {
  readonly query: boolean;
  readonly body: boolean;
}

/**
 * Refuses every parameter of a query where the handler takes none: an option in the wrong place (a time zone in the
 * URL of an import) would be ignored without a word. Where there is a body, too, its faults are named together with
 * these. Routes for everybody, such as health checks, are left alone: those who watch them add parameters.
 */
export class UnknownParametersGuard implements CanActivate {
  private readonly taken = new WeakMap<object, Taken>();

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const { query, body } = request;
    if (typeof query !== 'object' || query === null || Object.keys(query).length === 0) return true;
    const takes = this.takenBy(context);
    if (takes.query || request.routeOptions.config.policy === undefined) return true;
    const { faults } = new QueryParameters(query, []).faults;
    if (!takes.body || typeof body !== 'object' || body === null) throw invalidRequest(faults);
    besideBody.set(body, faults);
    return true;
  }

  private takenBy(context: ExecutionContext): Taken {
    const handler = context.getHandler();
    const known = this.taken.get(handler);
    if (known) return known;
    const parameters: unknown = Reflect.getMetadata(
      ROUTE_ARGS_METADATA,
      context.getClass(),
      handler.name,
    );
    const kinds = new Set(Object.keys(Object(parameters)).map((key) => Number.parseInt(key, 10)));
    const takes = {
      // With the whole request, it has the query too.
      query: kinds.has(RouteParamtypes.QUERY) || kinds.has(RouteParamtypes.REQUEST),
      body: kinds.has(RouteParamtypes.BODY),
    };
    this.taken.set(handler, takes);
    return takes;
  }
}

const besideBody = new WeakMap<object, readonly InputFault[]>();

/** The faults of the query that came with this body. */
export function faultsBeside(body: object): readonly InputFault[] {
  return besideBody.get(body) ?? [];
}
