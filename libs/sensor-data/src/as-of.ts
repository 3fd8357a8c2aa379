import {
  DomainError,
  instantFromEpochMs,
  instantToEpochMs,
  showInstant,
  type Instant,
} from '@sensorflow/kernel';

/** Throws DomainError `as-of-in-future`: what will stand then is not known yet. */
export function assertNotAhead(asOf: Instant, nowEpochMs: number): void {
  if (instantToEpochMs(asOf) <= nowEpochMs) return;
  const now = showInstant(instantFromEpochMs(nowEpochMs));
  const detail = `asOf lies in the future: it is ${now}. Leave it out for what stands now.`;
  throw new DomainError('invalid', 'as-of-in-future', detail, {
    faults: [{ pointer: '/asOf', code: 'as-of-in-future', detail }],
  });
}
