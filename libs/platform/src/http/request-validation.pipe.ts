import { ValidationPipe, type ArgumentMetadata } from '@nestjs/common';
import { DomainError, pointerTo, type InputFault } from '@sensorflow/kernel';
import { getMetadataStorage, type ValidationError } from 'class-validator';

/** More than an honest request can have; the rest of a hostile one is not listed. */
const MAX_FAULTS = 100;

/**
 * Checks query strings and small bodies against their class-validator classes and names every fault
 * at once. A constraint takes its fault's code from `context: { code }`.
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
    if (hasMoreMembers(value, MAX_MEMBERS)) throw invalidRequest([TOO_MANY_MEMBERS]);
    const found = [...removedNames(value, '')];
    const shaped: unknown = await super.transform(value, metadata).catch((error: unknown) => {
      found.push(...faultsIn(error));
    });
    if (found.length === 0) return shaped;
    throw invalidRequest([...found, ...faultsOfOthers(value, metadata.metatype, found)]);
  }
}

type Parse = (members: object) => unknown;
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

function invalidRequest(faults: readonly InputFault[]): DomainError {
  return new DomainError('invalid', 'invalid-request', 'The request is not valid; see errors.', {
    faults: faults.slice(0, MAX_FAULTS),
  });
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
  return `Unknown property ${property}. Known: ${known.join(', ')}.`;
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
