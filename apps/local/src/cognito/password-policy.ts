import { CognitoError } from './cognito-error.js';

/** Cognito's default policy. A space counts as a symbol unless it stands at either end. */
export const PASSWORD_POLICY = {
  MinimumLength: 8,
  RequireUppercase: true,
  RequireLowercase: true,
  RequireNumbers: true,
  RequireSymbols: true,
};
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

function policyFault(password: string): string | undefined {
  if (password.length < PASSWORD_POLICY.MinimumLength) return 'Password not long enough';
  if (password.length > LONGEST) return 'Password too long';
  if (password !== password.trim()) return 'Password must not begin or end with a space';
  if (!/[A-Z]/.test(password)) return 'Password must have uppercase characters';
  if (!/[a-z]/.test(password)) return 'Password must have lowercase characters';
  if (!/[0-9]/.test(password)) return 'Password must have numeric characters';
  if (!/[ ^$*.[\]{}()?"!@#%&/\\,><':;|_~`=+-]/.test(password)) {
    return 'Password must have symbol characters';
  }
  return undefined;
}
