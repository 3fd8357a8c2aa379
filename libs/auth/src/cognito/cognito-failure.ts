import { DomainError, type InputFault } from '@sensorflow/kernel';

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
  return BUSY.has(name) ? busy(error) : unavailable(error);
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

function busy(cause: unknown): DomainError {
  return new DomainError('overloaded', 'identity-provider-busy', 'Too many logins at once.', {
    cause,
    retryAfterSeconds: 5,
  });
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
const BROKEN_RULES: readonly (readonly [RegExp, string, string])[] = [
  [
    /not long enough/i,
    'password-too-short',
    'It is too short: 12 characters unless set otherwise.',
  ],
  [/too long/i, 'password-too-long', 'It is longer than 256 characters.'],
  [/uppercase/i, 'password-lacks-uppercase', 'It has no upper-case letter of A to Z.'],
  [/lowercase/i, 'password-lacks-lowercase', 'It has no lower-case letter of a to z.'],
  [/numeric/i, 'password-lacks-digit', 'It has no digit.'],
  [/symbol/i, 'password-lacks-symbol', 'It has no symbol such as ! # - or _.'],
  [/space/i, 'password-has-outer-space', 'It begins or ends with a space.'],
];

/** What setting a password failed for: a rule that it breaks, or what any sign-in fails for. */
export function passwordFailure(error: unknown): DomainError {
  const name = nameOf(error);
  if (name === 'InvalidPasswordException') return passwordRefused(brokenRule(error));
  if (name === 'PasswordHistoryPolicyViolationException') {
    return passwordRefused(faultOf('password-used-before', 'It was used before.'));
  }
  return signInFailure(error);
}

function brokenRule(error: unknown): InputFault {
  const message = error instanceof Error ? error.message : '';
  const [, code, detail] = BROKEN_RULES.find(([words]) => words.test(message)) ?? [];
  if (code === undefined || detail === undefined) {
    return faultOf('password-against-policy', 'It breaks a rule of the password policy.');
  }
  return faultOf(code, detail);
}

function passwordRefused(fault: InputFault): DomainError {
  return new DomainError(
    'invalid',
    'password-refused',
    'The new password is not good enough; see errors.',
    { faults: [fault] },
  );
}

function faultOf(code: string, detail: string): InputFault {
  return { pointer: '/newPassword', code, detail };
}
