import { ValidationPipe } from '@nestjs/common';
import { DomainError, pointerTo, type InputFault } from '@sensorflow/kernel';
import type { ValidationError } from 'class-validator';

/**
 * Checks query strings and small bodies against their class-validator classes and names every fault
 * at once. A constraint takes its fault's code from `context: { code }`.
 */
export function requestValidationPipe(): ValidationPipe {
  return new ValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    transform: true,
    validationError: { target: false, value: false },
    exceptionFactory: (errors) =>
      new DomainError('invalid', 'invalid-request', 'The request is not valid; see errors.', {
        faults: errors.flatMap((error) => faultsOf(error, '')),
      }),
  });
}

function faultsOf(error: ValidationError, parent: string): readonly InputFault[] {
  const pointer = pointerTo(parent, error.property);
  const own = Object.entries(error.constraints ?? {}).map(([constraint, detail]) => ({
    pointer,
    code: codeOf(error, constraint),
    detail,
  }));
  return [...own, ...(error.children ?? []).flatMap((child) => faultsOf(child, pointer))];
}

function codeOf(error: ValidationError, constraint: string): string {
  if (constraint === 'whitelistValidation') return 'unknown-property';
  const context: unknown = error.contexts?.[constraint];
  const named = typeof context === 'object' && context !== null && 'code' in context;
  return named && typeof context.code === 'string' ? context.code : 'invalid';
}
