import { DomainError, showInstant, type InputFault, type Instant } from '@sensorflow/kernel';
import type { WriteOutcome } from './group-commit/write-unit.js';
import { RETRY_AFTER_SECONDS } from './reading-writer.js';

export const NOT_STORABLE: InputFault = {
  pointer: '',
  code: 'reading-not-storable',
  detail: 'The store cannot hold this reading.',
};

export function equipmentUnknown(equipmentId: string): DomainError {
  const detail = `There is no equipment ${equipmentId}; GET /equipment lists all that sent readings.`;
  return new DomainError('not-found', 'equipment-unknown', detail);
}

export function noReading(detail: string): DomainError {
  return new DomainError('not-found', 'no-reading', detail);
}

export function removalUnfinished(from: Instant, to: Instant): DomainError {
  return new DomainError(
    'unavailable',
    'removal-unfinished',
    'The range has more readings than one request removes. Go on with the range that `rest` names.',
    {
      extensions: { rest: { from: showInstant(from), to: showInstant(to) } },
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    },
  );
}

export function invalidReading(faults: readonly InputFault[]): DomainError {
  return new DomainError('invalid', 'invalid-reading', 'The reading is not valid; see errors.', {
    faults,
  });
}

/** @param outcome what became of the request, and what to do: whole sentences */
export function serverClockWrong(
  outcome: string,
  extensions?: Readonly<Record<string, unknown>>,
): DomainError {
  return new DomainError(
    'unavailable',
    'server-clock-wrong',
    `The clock of the server that was asked is wrong, and a server with a wrong clock writes nothing. ${outcome}`,
    { ...(extensions && { extensions }), retryAfterSeconds: RETRY_AFTER_SECONDS },
  );
}

export function writeFailed(outcome: WriteOutcome | undefined): DomainError {
  if (outcome?.outcome === 'refused') {
    return new DomainError('invalid', NOT_STORABLE.code, NOT_STORABLE.detail, {
      faults: [NOT_STORABLE],
    });
  }
  if (outcome?.outcome === 'clock-wrong') {
    return serverClockWrong('The reading is not stored. Send it again: another server may answer.');
  }
  if (outcome?.outcome === 'not-stored') {
    return new DomainError(
      'unavailable',
      'write-not-accepted',
      'The store did not take the reading in time; it is not stored. Send it again.',
      { retryAfterSeconds: RETRY_AFTER_SECONDS },
    );
  }
  return new DomainError(
    'unavailable',
    'outcome-unknown',
    'The store did not confirm the reading in time; it may be stored. Sending it again is safe.',
    { retryAfterSeconds: RETRY_AFTER_SECONDS },
  );
}
