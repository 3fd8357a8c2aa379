import type { Type } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { ProblemDetails } from './problem-details.js';

/** The codes of one status of one route, and what some of them carry beside the usual members. */
interface Documented {
  readonly codes: ReadonlySet<string>;
  readonly carried: ReadonlyMap<string, Type>;
}

const documented = new WeakMap<object, Map<number, Documented>>();

/**
 * Documents a problem+json answer of a route with the codes that it can carry. Several for one status
 * add up, because a route, its guard and its body parser each refuse for reasons of their own.
 */
export function ApiProblem(status: number, ...codes: string[]): MethodDecorator {
  return document(status, codes, undefined);
}

/** The same for codes whose problem has the members of a view as well. */
export function ApiProblemWith(view: Type, status: number, ...codes: string[]): MethodDecorator {
  return document(status, codes, view);
}

function document(
  status: number,
  codes: readonly string[],
  view: Type | undefined,
): MethodDecorator {
  return (target, key, descriptor) => {
    const route: unknown = descriptor.value;
    if (typeof route !== 'function') throw new TypeError('only a method answers');
    const ofRoute = documented.get(route) ?? new Map<number, Documented>();
    const all = withCodes(ofRoute.get(status), codes, view);
    documented.set(route, ofRoute.set(status, all));
    ApiExtraModels(ProblemDetails, ...all.carried.values())(target, key, descriptor);
    problemResponse(status, all)(target, key, descriptor);
  };
}

function withCodes(
  known: Documented | undefined,
  codes: readonly string[],
  view: Type | undefined,
): Documented {
  return {
    codes: new Set([...(known?.codes ?? []), ...codes].toSorted()),
    carried: new Map([
      ...(known?.carried ?? []),
      ...(view === undefined ? [] : codes.map((code) => [code, view] as const)),
    ]),
  };
}

function problemResponse(status: number, { codes, carried }: Documented): MethodDecorator {
  const carriedMembers = [...carried].map(([code, view]) => ({
    anyOf: [
      { $ref: getSchemaPath(view) },
      {
        properties: {
          code: { type: 'string', enum: [...codes].filter((other) => other !== code) },
        },
      },
    ],
  }));
  return ApiResponse({
    status,
    description: `problem: ${[...codes].join(', ')}`,
    content: {
      'application/problem+json': {
        schema: {
          allOf: [{ $ref: getSchemaPath(ProblemDetails) }, ...carriedMembers],
          properties: { code: { type: 'string', enum: [...codes] } },
        },
      },
    },
  });
}
