import { DynamoDBServiceException } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { classifyWriteFailure } from './write-failure.js';

function answer(name: string, httpStatusCode: number): Error {
  const $fault = httpStatusCode < 500 ? 'client' : 'server';
  return new DynamoDBServiceException({ name, $fault, $metadata: { httpStatusCode } });
}

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

function named(name: string): Error {
  return Object.assign(new Error(name), { name });
}

describe('a failed write', () => {
  it.each([
    ['throttled', answer('ProvisionedThroughputExceededException', 400)],
    ['throttled', answer('ThrottlingException', 400)],
    ['throttled', answer('RequestLimitExceeded', 400)],
    ['throttled', answer('TooManyRequestsException', 429)],
    ['throttled', answer('ThrottlingException', 503)],
    ['poisoned', answer('ValidationException', 400)],
    ['poisoned', answer('SerializationException', 400)],
    ['misconfigured', answer('AccessDeniedException', 400)],
    ['misconfigured', answer('ResourceNotFoundException', 400)],
    ['misconfigured', answer('ExpiredTokenException', 400)],
    ['misconfigured', answer('UnrecognizedClientException', 400)],
    ['misconfigured', named('CredentialsProviderError')],
    ['misconfigured', systemError('ECONNREFUSED')],
    ['misconfigured', systemError('ENOTFOUND')],
    ['unknown', answer('InternalServerError', 500)],
    ['unknown', answer('ServiceUnavailable', 503)],
    ['unknown', answer('UnknownError', 400)],
    ['unknown', answer('ValidationException', 200)],
    ['unknown', systemError('ECONNRESET')],
    ['unknown', systemError('EPIPE')],
    ['unknown', named('TimeoutError')],
    ['unknown', new SyntaxError('Unexpected token <')],
    ['unknown', 'a text'],
    ['unknown', undefined],
  ])('is %s: %s', (kind, error) => {
    expect(classifyWriteFailure(error)).toBe(kind);
  });
});
