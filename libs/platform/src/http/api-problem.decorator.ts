import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { ProblemDetails } from './problem-details.js';

const documented = new WeakMap<object, Map<number, readonly string[]>>();

/**
 * Documents a problem+json answer of a route with the codes that it can carry. Several for one status
 * add up, because a route, its guard and its body parser each refuse for reasons of their own.
 */
export function ApiProblem(status: number, ...codes: string[]): MethodDecorator {
  return (target, key, descriptor) => {
    const route: unknown = descriptor.value;
    if (typeof route !== 'function') throw new TypeError('only a method answers');
    const ofRoute = documented.get(route) ?? new Map<number, readonly string[]>();
    const all = [...new Set([...(ofRoute.get(status) ?? []), ...codes])].toSorted();
    documented.set(route, ofRoute.set(status, all));
    ApiExtraModels(ProblemDetails)(target, key, descriptor);
    problemResponse(status, all)(target, key, descriptor);
  };
}

function problemResponse(status: number, codes: readonly string[]): MethodDecorator {
  return ApiResponse({
    status,
    description: codes.join(', '),
    content: {
      'application/problem+json': {
        schema: {
          allOf: [{ $ref: getSchemaPath(ProblemDetails) }],
          properties: { code: { type: 'string', enum: [...codes] } },
        },
      },
    },
  });
}
