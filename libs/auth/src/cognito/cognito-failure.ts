import { DomainError, type InputFault } from '@sensorflow/kernel';
import { PASSWORD_POLICY } from '@sensorflow/platform/resources/identity.js';
import { identityProviderBusy } from '../identity-provider.js';
import { passwordFault, passwordRefused, type PasswordRuleCode } from '../password-rules.js';

/** What Cognito says when it refuses, in our words. None of its own leaves this folder. */

const BUSY: ReadonlySet<string> = new Set([
  'TooManyRequestsException',
  'LimitExceededException',
  'ThrottlingException',
]);

const WRONG_CREDENTIALS: ReadonlySet<string> = new Set([
  'NotAuthorizedException',
  'UserNotFoundException',
  'UserNotConfirmedException',
]);

export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

export function signInFailure(error: unknown): DomainError {
  const name = nameOf(error);
  if (WRONG_CREDENTIALS.has(name) && !isOurFault(error)) return invalidCredentials();
  return BUSY.has(name) ? identityProviderBusy(error) : unavailable(error);
}

export function invalidCredentials(): DomainError {
  return new DomainError(
    'unauthenticated',
    'invalid-credentials',
    'The user name or the password is wrong.',
  );
}

/** NotAuthorizedException is also said of a wrong client secret, which no user could put right. */
function isOurFault(error: unknown): boolean {
  return error instanceof Error && /secret/i.test(error.message);
}

/** What managing people failed for; the pool's user is the one in the request's path. */
export function peopleFailure(error: unknown): DomainError {
  const name = nameOf(error);
  if (name === 'UserNotFoundException') {
    return new DomainError('not-found', 'user-unknown', 'There is no user of this name.');
  }
  if (BUSY.has(name)) return identityProviderBusy(error);
  return new DomainError(
    'unavailable',
    'identity-provider-unavailable',
    'People cannot be managed at the moment.',
    { cause: error, retryAfterSeconds: 5 },
  );
}

function unavailable(cause: unknown): DomainError {
  return new DomainError(
    'unavailable',
    'identity-provider-unavailable',
    'Logging in is not possible at the moment.',
    { cause, retryAfterSeconds: 5 },
  );
}

/** Cognito names one broken rule at a time, and only in its message. */
const BROKEN_RULES: readonly (readonly [RegExp, PasswordRuleCode])[] = [
  [/not long enough/i, 'password-too-short'],
  [/uppercase/i, 'password-lacks-uppercase'],
  [/lowercase/i, 'password-lacks-lowercase'],
  [/numeric/i, 'password-lacks-digit'],
  [/symbol/i, 'password-lacks-symbol'],
  [/space/i, 'password-has-outer-space'],
];

/** What setting a password failed for: a rule that it breaks, or what any sign-in fails for. */
export function passwordFailure(error: unknown): DomainError {
  const name = nameOf(error);
  if (name === 'InvalidPasswordException') return passwordRefused([brokenRule(error)]);
  if (name === 'PasswordHistoryPolicyViolationException') {
    return passwordRefused([
      faultOf('password-used-before', 'The password was used before. Choose another one.'),
    ]);
  }
  return signInFailure(error);
}

function brokenRule(error: unknown): InputFault {
  const message = error instanceof Error ? error.message : '';
  const [, code] = BROKEN_RULES.find(([words]) => words.test(message)) ?? [];
  if (code !== undefined) return passwordFault(code, PASSWORD_POLICY);
  return faultOf('password-against-policy', 'The password breaks a rule of the password policy.');
}

function faultOf(code: string, detail: string): InputFault {
  return { pointer: '/newPassword', code, detail };
}
