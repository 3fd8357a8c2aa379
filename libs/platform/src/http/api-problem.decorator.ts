import type { Type } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, DECORATORS, getSchemaPath } from '@nestjs/swagger';
import { exampleProblem, namesFaults, ProblemDetails } from './problem-details.js';

/** The codes of one status of one route, and what some of them carry beside the usual members. */
interface Documented {
  /** The outermost decorator's first: they are the route's own. */
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
    forgetResponse(route, status);
    problemResponse(status, all)(target, key, descriptor);
  };
}

/** ApiResponse appends to the description that is there, and ours names all codes each time. */
function forgetResponse(route: object, status: number): void {
  const responses: unknown = Reflect.getMetadata(DECORATORS.API_RESPONSE, route);
  const others = Object.entries(responses ?? {}).filter(([known]) => known !== String(status));
  Reflect.defineMetadata(DECORATORS.API_RESPONSE, Object.fromEntries(others), route);
}

function withCodes(
  known: Documented | undefined,
  codes: readonly string[],
  view: Type | undefined,
): Documented {
  return {
    codes: new Set([...codes, ...(known?.codes ?? [])]),
    carried: new Map([
      ...(known?.carried ?? []),
      ...(view === undefined ? [] : codes.map((code) => [code, view] as const)),
    ]),
  };
}

function problemResponse(status: number, documentedCodes: Documented): MethodDecorator {
  const { carried } = documentedCodes;
  const codes = [...documentedCodes.codes].toSorted();
  const carriedMembers = [...carried].map(([code, view]) => ({
    anyOf: [
      { $ref: getSchemaPath(view) },
      {
        properties: {
          code: { type: 'string', enum: codes.filter((other) => other !== code) },
        },
      },
    ],
  }));
  return ApiResponse({
    status,
    description: `problem: ${codes.join(', ')}`,
    content: {
      'application/problem+json': {
        schema: {
          allOf: [{ $ref: getSchemaPath(ProblemDetails) }, ...carriedMembers],
          properties: { code: { type: 'string', enum: codes } },
        },
        example: exampleProblem(status, exemplaryCode(documentedCodes)),
      },
    },
  });
}

/** One that shows where faults stand, if there is one, and none that carries more than an example has. */
function exemplaryCode({ codes, carried }: Documented): string {
  const plain = [...codes].filter((code) => !carried.has(code));
  const [code] = [...plain.filter(namesFaults), ...plain];
  if (code === undefined) throw new TypeError('a problem without a code of its own');
  return code;
}
