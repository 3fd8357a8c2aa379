import { DomainError } from '@sensorflow/kernel';

/** An error in a log line. Only our own errors keep their text. */
export interface LoggableError {
  readonly type: string;
  readonly kind?: string;
  readonly code?: string;
  readonly message?: string;
  /** HTTP status and request id of a provider's answer: enough to ask its support. */
  readonly status?: number;
  readonly requestId?: string;
  readonly stack?: string;
  readonly cause?: LoggableError;
  readonly errors?: readonly LoggableError[];
}

const MAX_DEPTH = 5;
const MAX_ERRORS = 5;
const NAME = /^[\w.:-]{1,100}$/;
const FRAME =
  /^ {4}at (?:[\w$.<>#[\] ]{1,200} \()?(?:file:\/\/|node:|\/)[^()]{1,500}:\d{1,9}:\d{1,9}\)?$/;

/**
 * An error that is safe to log. A text that is not ours can hold user names, keys or the contents
 * of items, so of any error but a DomainError only its name, code, status, request id and stack frames
 * remain. The same holds for its causes.
 */
export function loggableError(error: unknown, depth = 0): LoggableError {
  if (!(error instanceof Error)) return { type: typeof error };
  return {
    type: nameOrElse(error.name, 'Error'),
    ...(error instanceof DomainError ? ownWords(error) : foreignFacts(error)),
    ...(depth < MAX_DEPTH && innerErrors(error, depth + 1)),
  };
}

/** The same in one line, for texts: `DomainError login-throttle-unavailable < TimeoutError`. */
export function errorNames(error: unknown): string {
  return namesOf(loggableError(error)).join(' < ');
}

function ownWords({ kind, code, message, stack }: DomainError) {
  return { kind, code, message, ...(stack !== undefined && { stack }) };
}

function foreignFacts(error: Error) {
  const { code, $metadata: metadata } = membersOf(error);
  const { httpStatusCode: status, requestId } = membersOf(metadata);
  const stack = framesOf(error);
  return {
    ...(isName(code) && { code }),
    ...(typeof status === 'number' && { status }),
    ...(isName(requestId) && { requestId }),
    ...(stack !== undefined && { stack }),
  };
}

function innerErrors(error: Error, depth: number) {
  const several = error instanceof AggregateError ? error.errors.slice(0, MAX_ERRORS) : [];
  return {
    ...(error.cause !== undefined && { cause: loggableError(error.cause, depth) }),
    ...(several.length > 0 && { errors: several.map((inner) => loggableError(inner, depth)) }),
  };
}

/**
 * The part of the stack after the message, because a message can look like frames. Undefined when the stack does not
 * contain the message: then its end is unknown.
 */
function framesOf({ message, name, stack = '' }: Error): string | undefined {
  const head = `${message || name}\n`;
  const start = isName(name) ? stack.indexOf(head) : -1;
  if (start === -1) return undefined;
  const lines = stack.slice(start + head.length).split('\n');
  const frames = lines.filter((line) => FRAME.test(line));
  return frames.length === 0 ? undefined : frames.join('\n');
}

function namesOf(error: LoggableError): readonly string[] {
  const { type, code, status, requestId, cause } = error;
  const facts = [
    type,
    code,
    status === undefined ? undefined : `(${status})`,
    requestId === undefined ? undefined : `[${requestId}]`,
  ];
  const own = facts.filter((fact) => fact !== undefined).join(' ');
  return [own, ...(cause === undefined ? [] : namesOf(cause))];
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && NAME.test(value);
}

function nameOrElse(name: string, other: string): string {
  return isName(name) ? name : other;
}
