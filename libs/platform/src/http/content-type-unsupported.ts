import { DomainError } from '@sensorflow/kernel';
import type { FastifyRequest } from 'fastify';

const MAX_SHOWN_CHARACTERS = 100;

/** The refusal of a body in another form than its route takes: it says which forms those are. */
export function contentTypeUnsupported({ routeOptions, headers }: FastifyRequest): DomainError {
  const taken = ['application/json'];
  if (routeOptions.config.acceptsNdjson === true) taken.push('application/x-ndjson');
  const sent = headers['content-type']?.slice(0, MAX_SHOWN_CHARACTERS);
  return new DomainError(
    'unsupported',
    'content-type-unsupported',
    `This route takes ${taken.join(' or ')} in UTF-8, not ${sent || 'a body without Content-Type'}.`,
  );
}
