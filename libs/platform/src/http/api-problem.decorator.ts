import { applyDecorators, type Type } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, DECORATORS, getSchemaPath } from '@nestjs/swagger';
import { exampleProblem, ProblemDetails, type ProblemFault } from './problem-details.js';

/** The codes of one status of one route, and what some of them carry beside the usual members. */
interface Documented {
  /** The outermost decorator's first: they are the route's own. */
  readonly codes: ReadonlySet<string>;
  readonly carried: ReadonlyMap<string, CarriedView>;
  /** The code of input that is refused as a whole, and a fault that the route can find. */
  readonly faulty: FaultyInput | undefined;
}

/** Members without which a refusal has no code. */
interface CarriedView extends Type {
  readonly example?: object;
}

interface FaultyInput {
  readonly code: string;
  readonly fault: ProblemFault;
}

/** Statuses whose answers say when to try again. */
const RETRIED: ReadonlySet<number> = new Set([429, 503]);
const RETRY_AFTER = {
  'Retry-After': {
    description: 'seconds to wait before the request is sent again',
    schema: { type: 'integer' as const, minimum: 1 },
  },
};

const documented = new WeakMap<object, Map<number, Documented>>();

/**
 * Documents a problem+json answer of a route with the codes that it can carry. Several for one status
 * add up, because a route, its guard and its body parser each refuse for reasons of their own.
 */
export function ApiProblem(status: number, ...codes: string[]): MethodDecorator {
  return document(status, { codes: new Set(codes), carried: new Map(), faulty: undefined });
}

/** The same for input that is refused as a whole: its `errors` name every fault, such as this one. */
export function ApiFaultyInput(
  code: 'invalid-request' | 'invalid-reading',
  fault: ProblemFault,
): MethodDecorator {
  return document(400, { codes: new Set([code]), carried: new Map(), faulty: { code, fault } });
}

/**
 * The same for parameters of a route that takes none. Where a route documents faults of its own, those are its
 * example.
 */
export function ApiUnknownParameters(): MethodDecorator {
  return (target, key, descriptor) => {
    const known = documented.get(Object(descriptor.value))?.get(400)?.faulty;
    const { code, fault } = known ?? UNKNOWN_PARAMETER;
    document(400, {
      codes: new Set([code, UNKNOWN_PARAMETER.code]),
      carried: new Map(),
      faulty: { code, fault },
    })(target, key, descriptor);
  };
}

const UNKNOWN_PARAMETER: FaultyInput = {
  code: 'invalid-request',
  fault: {
    pointer: '/verbose',
    code: 'unknown-property',
    detail: 'Unknown parameter verbose. None is known here.',
  },
};

/** The same for codes whose problem has the members of a view as well. */
export function ApiProblemWith(
  view: CarriedView,
  status: number,
  ...codes: string[]
): MethodDecorator {
  const carried = new Map(codes.map((code) => [code, view] as const));
  return document(status, { codes: new Set(codes), carried, faulty: undefined });
}

/** Refusals of every path with parameters. */
export function ApiPathProblems(): MethodDecorator {
  return applyDecorators(ApiProblem(400, 'url-malformed'), ApiProblem(414, 'url-too-long'));
}

function document(status: number, added: Documented): MethodDecorator {
  return (target, key, descriptor) => {
    const route: unknown = descriptor.value;
    if (typeof route !== 'function') throw new TypeError('only a method answers');
    const ofRoute = documented.get(route) ?? new Map<number, Documented>();
    const all = mergeDocumented(ofRoute.get(status), added);
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

function mergeDocumented(known: Documented | undefined, added: Documented): Documented {
  return {
    codes: new Set([...added.codes, ...(known?.codes ?? [])]),
    carried: new Map([...(known?.carried ?? []), ...added.carried]),
    faulty: added.faulty ?? known?.faulty,
  };
}

function problemResponse(status: number, documentedCodes: Documented): MethodDecorator {
  const { carried } = documentedCodes;
  const codes = [...documentedCodes.codes].toSorted();
  const carriedMembers = [...carried].map(([code, view]) => {
    const others = codes.filter((other) => other !== code);
    const members = { $ref: getSchemaPath(view) };
    if (others.length === 0) return members;
    return { anyOf: [members, { properties: { code: { type: 'string', enum: others } } }] };
  });
  return ApiResponse({
    status,
    description: `problem: ${codes.join(', ')}`,
    ...(RETRIED.has(status) && { headers: RETRY_AFTER }),
    content: {
      'application/problem+json': {
        schema: {
          allOf: [{ $ref: getSchemaPath(ProblemDetails) }, ...carriedMembers],
          properties: { code: { type: 'string', enum: codes } },
        },
        example: exampleOf(status, documentedCodes),
      },
    },
  });
}

/**
 * Of a code that shows where faults stand, if there is one, and of one that carries more than the usual
 * members only where all do.
 */
function exampleOf(status: number, { codes, carried, faulty }: Documented): object {
  const code = faulty?.code ?? [...codes].find((one) => !carried.has(one));
  if (code !== undefined) return exampleProblem(status, code, faulty?.fault);
  const [[carrying, view] = []] = carried;
  if (carrying === undefined) throw new TypeError('a problem without a code');
  return { ...view?.example, ...exampleProblem(status, carrying, undefined) };
}
