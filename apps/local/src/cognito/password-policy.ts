import { PASSWORD_POLICY } from '@sensorflow/platform/resources/identity.js';
import { CognitoError } from './cognito-error.js';

const LONGEST = 256;

/** Throws InvalidPasswordException with the first rule that the password breaks. */
export function checkPasswordPolicy(password: string): void {
  const fault = policyFault(password);
  if (fault === undefined) return;
  throw new CognitoError(
    'InvalidPasswordException',
    `Password did not conform with policy: ${fault}`,
  );
}

/** A space counts as a symbol unless it stands at either end. */
function policyFault(password: string): string | undefined {
  const required = PASSWORD_POLICY;
  if (password.length < required.minimumLength) return 'Password not long enough';
  if (password.length > LONGEST) return 'Password too long';
  if (password !== password.trim()) return 'Password must not begin or end with a space';
  if (required.requireUppercase && !/[A-Z]/.test(password)) {
    return 'Password must have uppercase characters';
  }
  if (required.requireLowercase && !/[a-z]/.test(password)) {
    return 'Password must have lowercase characters';
  }
  if (required.requireNumbers && !/[0-9]/.test(password)) {
    return 'Password must have numeric characters';
  }
  if (required.requireSymbols && !/[ ^$*.[\]{}()?"!@#%&/\\,><':;|_~`=+-]/.test(password)) {
    return 'Password must have symbol characters';
  }
  return undefined;
}
