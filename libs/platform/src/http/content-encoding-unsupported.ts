import { DomainError } from '@sensorflow/kernel';

const MAX_SHOWN_CHARACTERS = 100;
const CODE = 'content-encoding-unsupported';

/** The refusal of a body with an encoding other than gzip. */
export function contentEncodingUnsupported(encoding: string): DomainError {
  return new DomainError(
    'unsupported',
    CODE,
    `A body is sent as it is or with Content-Encoding: gzip, not ${encoding.slice(0, MAX_SHOWN_CHARACTERS) || 'an empty one'}.`,
  );
}

/** The header of such a refusal (RFC 7694). */
export function acceptedEncodingsFor({ code }: DomainError): string | undefined {
  return code === CODE ? 'gzip' : undefined;
}
