import { DomainError } from '@sensorflow/kernel';

/** Others write this very reading again and again. */
export function readingBusy(): DomainError {
  return new DomainError(
    'unavailable',
    'reading-busy',
    'Other writes of this reading are still under way; this request did nothing. Send it again.',
    { retryAfterSeconds: 1 },
  );
}
