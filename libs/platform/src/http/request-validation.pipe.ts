import { ValidationPipe, type ArgumentMetadata, type Type } from '@nestjs/common';
import {
  DomainError,
  invalidRequest,
  pointerTo,
  unknownName,
  type InputFault,
} from '@sensorflow/kernel';
import { getMetadataStorage, type ValidationError } from 'class-validator';
import { faultsBeside } from './unknown-parameters.guard.js';

/**
 * Checks small bodies against their class-validator classes, and query strings with the parser of their class, and
 * names every fault at once. A constraint takes its fault's code from `context: { code }`.
 */
export function requestValidationPipe(): ValidationPipe {
  return new RequestValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    transform: true,
    validationError: { target: true, value: false },
    exceptionFactory: (errors) => invalidRequest(errors.flatMap((error) => faultsOf(error, ''))),
  });
}

/**
 * Of members and elements in all: what classes are made of takes tens of microseconds for each, and a
 * body of 256 KiB has room for 80,000. More than a mapping of 1,000 columns needs.
 */
const MAX_MEMBERS = 4_000;

const TOO_MANY_MEMBERS: InputFault = {
  pointer: '',
  code: 'too-many-members',
  detail: `A request has at most ${MAX_MEMBERS} names and list elements in all.`,
};

/** Nest's pipe takes names that could change a prototype away without a word; here they are refused. */
class RequestValidationPipe extends ValidationPipe {
  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    // What our own decorators made, such as the caller: nothing of it was sent, and looking through it takes 2 µs.
    if (metadata.type === 'custom') return value;
    if (metadata.type === 'query') return parsedQuery(value, metadata.metatype);
    if (hasMoreMembers(value, MAX_MEMBERS)) throw invalidRequest([TOO_MANY_MEMBERS]);
    const found = [...removedNames(value, ''), ...faultsOfQuery(value, metadata)];
    const shaped: unknown = await super.transform(value, metadata).catch((error: unknown) => {
      found.push(...faultsIn(error));
    });
    if (found.length === 0) return shaped;
    throw invalidRequest([...found, ...faultsOfOthers(value, metadata.metatype, found)]);
  }
}

/** Where a class is to be checked: a handler that takes the body as it is does that by itself, later. */
function faultsOfQuery(body: unknown, { metatype }: ArgumentMetadata): readonly InputFault[] {
  const isChecked = metatype !== undefined && metatype !== Object;
  return isChecked && typeof body === 'object' && body !== null ? faultsBeside(body) : [];
}

type Parse = (members: object) => unknown;
const queryParsers = new WeakMap<Function, Parse>();

/** What a handler gets for a query of this class: what `parse` makes of it. Others are handed on as they are. */
export function ParsedAs(parse: Parse): ClassDecorator {
  return (shape) => {
    queryParsers.set(shape, parse);
  };
}

function parsedQuery(query: unknown, shape: Function | undefined): unknown {
  const parse = shape && queryParsers.get(shape);
  return parse && typeof query === 'object' && query !== null ? parse(query) : query;
}

const parsers = new WeakMap<Function, Parse>();

/**
 * How a handler makes sense of this class, of which every member is optional: where one of them is wrong by
 * itself, the faults that this finds in the others are named as well.
 */
export function ParsedBy(parse: Parse): ClassDecorator {
  return (shape) => {
    parsers.set(shape, parse);
  };
}

function faultsOfOthers(
  value: unknown,
  shape: Function | undefined,
  found: readonly InputFault[],
): readonly InputFault[] {
  const parse = shape && parsers.get(shape);
  if (!parse || typeof value !== 'object' || value === null) return [];
  const wrong = new Set(found.map(({ pointer }) => pointer));
  const others = propertiesOf(shape).filter((name) => !wrong.has(pointerTo('', name)));
  try {
    parse(Object.fromEntries(others.map((name) => [name, Reflect.get(value, name)])));
    return [];
  } catch (error) {
    return faultsIn(error).filter(({ pointer }) => !wrong.has(pointer));
  }
}

function hasMoreMembers(value: unknown, limit: number): boolean {
  const open = [value];
  for (let seen = 0; seen < open.length; seen += 1) {
    const next = open[seen];
    if (typeof next === 'object' && next !== null)
      open.push(...Object.values(next).slice(0, limit + 1));
    if (open.length - 1 > limit) return true;
  }
  return false;
}

const REMOVED_NAMES: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

function isRemoved(name: string, parent: string): boolean {
  // At the top also what every object inherits, such as toString.
  return REMOVED_NAMES.has(name) || (parent === '' && name in Object.prototype);
}

function* removedNames(value: unknown, parent: string): Generator<InputFault> {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    const pointer = pointerTo(parent, name);
    if (isRemoved(name, parent)) {
      yield { pointer, code: 'unknown-property', detail: `${name} is not accepted as a name.` };
    }
    yield* removedNames(member, pointer);
  }
}

function faultsIn(error: unknown): readonly InputFault[] {
  if (error instanceof DomainError) return error.faults;
  throw error;
}

function faultsOf(error: ValidationError, parent: string): readonly InputFault[] {
  const pointer = pointerTo(parent, error.property);
  const own = Object.entries(error.constraints ?? {}).map(([constraint, detail]) => ({
    pointer,
    code: codeOf(error, constraint),
    detail: constraint === UNKNOWN ? unknownProperty(error) : detail,
  }));
  return [...own, ...(error.children ?? []).flatMap((child) => faultsOf(child, pointer))];
}

/** The library's own name for a property that its class does not have. */
const UNKNOWN = 'whitelistValidation';

function unknownProperty({ property, target }: ValidationError): string {
  const known = target === undefined ? [] : propertiesOf(target.constructor);
  return unknownName('property', property, known).detail;
}

function propertiesOf(shape: Function): readonly string[] {
  const constraints = getMetadataStorage().getTargetValidationMetadatas(shape, '', true, false);
  return [...new Set(constraints.map(({ propertyName }) => propertyName))];
}

function codeOf(error: ValidationError, constraint: string): string {
  if (constraint === UNKNOWN) return 'unknown-property';
  const context: unknown = error.contexts?.[constraint];
  const named = typeof context === 'object' && context !== null && 'code' in context;
  return named && typeof context.code === 'string' ? context.code : 'invalid';
}

const BODIES = requestValidationPipe();

/**
 * The body as its class, for a handler that has more to say of it. Throws DomainError `invalid-request` with
 * every fault.
 */
export async function parseBody<T extends object>(body: unknown, shape: Type<T>): Promise<T> {
  const shaped: unknown = await BODIES.transform(body, { type: 'body', metatype: shape });
  if (shaped instanceof shape) return shaped;
  const detail = 'The body is a JSON object.';
  throw invalidRequest([{ pointer: '', code: 'invalid', detail }]);
}
