import { DomainError, type InputFault } from '@sensorflow/kernel';

/** Faults that name the whole problem when they are the only one. */
const PROBLEMS: ReadonlySet<string> = new Set([
  'equipment-id-invalid',
  'equipment-id-reserved',
  'range-empty',
  'cursor-invalid',
]);

/** The problem of a request with these faults: `invalid-request`, or what its only fault is. */
export function requestProblem(faults: readonly InputFault[]): DomainError {
  const [first, ...more] = faults;
  const isProblem = first !== undefined && more.length === 0 && PROBLEMS.has(first.code);
  return isProblem
    ? new DomainError('invalid', first.code, first.detail, { faults })
    : new DomainError('invalid', 'invalid-request', 'The request is not valid; see errors.', {
        faults,
      });
}
