import { ApiExtraModels, ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { DomainError, ErrorKind } from '@sensorflow/kernel';

/** Where a fault stands in the caller's input. */
export class ProblemFault {
  @ApiProperty({ description: 'RFC 6901 JSON pointer into the input' })
  pointer!: string;

  @ApiProperty({ description: 'stable code' })
  code!: string;

  @ApiProperty()
  detail!: string;
}

/** Every answer that is not 2xx: application/problem+json, RFC 9457. */
@ApiExtraModels(ProblemFault)
export class ProblemDetails {
  @ApiProperty({ format: 'uri' })
  type!: string;

  @ApiProperty()
  title!: string;

  @ApiProperty({ type: 'integer' })
  status!: number;

  @ApiProperty()
  detail!: string;

  @ApiProperty({ description: 'stable, kebab-case' })
  code!: string;

  @ApiProperty()
  requestId!: string;

  @ApiPropertyOptional({ type: [ProblemFault], description: 'every fault of the input at once' })
  errors?: readonly ProblemFault[];
}

/** The same as a plain document. */
export type ProblemDocument = { readonly [K in keyof ProblemDetails]: ProblemDetails[K] };

export const PROBLEM_CONTENT_TYPE = 'application/problem+json; charset=utf-8';

const STATUS: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  'too-large': 413,
  unsupported: 415,
  throttled: 429,
  overloaded: 503,
  unavailable: 503,
};

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  413: 'Content Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  417: 'Expectation Failed',
  426: 'Upgrade Required',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
};

export function statusOf(kind: ErrorKind): number {
  return STATUS[kind];
}

export function problem(
  status: number,
  code: string,
  detail: string,
  requestId: string,
): ProblemDocument {
  return {
    type: `https://sensorflow.dev/problems/${code}`,
    title: TITLES[status] ?? 'Error',
    status,
    detail,
    code,
    requestId,
  };
}

export function problemOf(error: DomainError, requestId: string): ProblemDocument {
  return {
    // First, so that an extension can never replace a member of the standard.
    ...error.extensions,
    ...problem(statusOf(error.kind), error.code, error.message, requestId),
    ...(error.faults.length > 0 ? { errors: error.faults } : {}),
  };
}

/** What a document shows for a code, and for input that is refused as a whole a fault of its route. */
export function exampleProblem(
  status: number,
  code: string,
  fault: ProblemFault | undefined,
): ProblemDocument {
  const detail = fault ? FAULTY_INPUT : (EXAMPLE_DETAILS[status] ?? 'The request was refused.');
  return {
    ...problem(status, code, detail, '2f1c5a9e-0b7d-4c3e-9a51-6d8f0e4b7c12'),
    ...(fault && { errors: [fault] }),
  };
}

const FAULTY_INPUT = 'The request is not valid; see errors.';

const EXAMPLE_DETAILS: Readonly<Record<number, string>> = {
  400: 'The request is not valid.',
  401: 'Log in, or send a token.',
  403: 'This caller may not do that.',
  404: 'There is nothing with this id.',
  409: 'It conflicts with what is stored.',
  413: 'The body is larger than this route takes.',
  414: 'The URL is too long.',
  415: 'This route takes application/json in UTF-8, not text/plain.',
  429: 'Too many requests at once. Try again after the seconds in Retry-After.',
  503: 'The service cannot do this right now. Try again after the seconds in Retry-After.',
};
