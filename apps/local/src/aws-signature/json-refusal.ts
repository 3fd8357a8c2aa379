import type { RefusalReason } from './signature-refusal.js';

/**
 * What DynamoDB and Cognito call each reason in the `__type` of their answer, which has status 400
 * (Amazon DynamoDB Developer Guide, "Error handling"; Cognito API reference, "Common errors").
 */
export const JSON_REFUSALS: Readonly<Record<RefusalReason, string>> = {
  'malformed-uri': 'UnknownOperationException',
  anonymous: 'MissingAuthenticationTokenException',
  'several-mechanisms': 'IncompleteSignatureException',
  'malformed-header': 'IncompleteSignatureException',
  'malformed-query': 'IncompleteSignatureException',
  'security-token': 'UnrecognizedClientException',
  'unknown-key': 'UnrecognizedClientException',
  skewed: 'InvalidSignatureException',
  'not-yet-valid': 'InvalidSignatureException',
  expired: 'InvalidSignatureException',
  'unsigned-header': 'InvalidSignatureException',
  mismatch: 'InvalidSignatureException',
};
