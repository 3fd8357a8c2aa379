import { DomainError, type InputFault } from '@sensorflow/kernel';

/** What the user pool demands of a password. */
export interface PasswordRequirements {
  readonly minimumLength: number;
  readonly requireLowercase: boolean;
  readonly requireUppercase: boolean;
  readonly requireNumbers: boolean;
  readonly requireSymbols: boolean;
}

interface PasswordRule {
  readonly code: string;
  readonly detail: (policy: PasswordRequirements) => string;
  readonly isBrokenBy: (password: string, policy: PasswordRequirements) => boolean;
}

/** Cognito's set. A space counts as a symbol unless it stands at either end. */
const SYMBOL = /[ ^$*.[\]{}()?"!@#%&/\\,><':;|_~`=+-]/;

const RULES = [
  {
    code: 'password-too-short',
    detail: ({ minimumLength }) => `The password needs at least ${minimumLength} characters.`,
    isBrokenBy: (password, { minimumLength }) => password.length < minimumLength,
  },
  {
    code: 'password-lacks-uppercase',
    detail: () => 'The password needs an upper-case letter (A to Z).',
    isBrokenBy: (password, policy) => policy.requireUppercase && !/[A-Z]/.test(password),
  },
  {
    code: 'password-lacks-lowercase',
    detail: () => 'The password needs a lower-case letter (a to z).',
    isBrokenBy: (password, policy) => policy.requireLowercase && !/[a-z]/.test(password),
  },
  {
    code: 'password-lacks-digit',
    detail: () => 'The password needs a digit.',
    isBrokenBy: (password, policy) => policy.requireNumbers && !/[0-9]/.test(password),
  },
  {
    code: 'password-lacks-symbol',
    detail: () => 'The password needs a symbol such as ! # - or _.',
    isBrokenBy: (password, policy) => policy.requireSymbols && !SYMBOL.test(password.trim()),
  },
  {
    code: 'password-has-outer-space',
    detail: () => 'The password must not begin or end with a space.',
    isBrokenBy: (password) => password !== password.trim(),
  },
] as const satisfies readonly PasswordRule[];

export type PasswordRuleCode = (typeof RULES)[number]['code'];

/** Every rule that the password breaks. */
export function passwordFaults(
  password: string,
  policy: PasswordRequirements,
): readonly InputFault[] {
  return RULES.filter((rule) => rule.isBrokenBy(password, policy)).map((rule) =>
    faultOf(rule.code, rule.detail(policy)),
  );
}

export function passwordRefused(faults: readonly InputFault[]): DomainError {
  return new DomainError(
    'invalid',
    'password-refused',
    'The new password does not meet the password policy; see errors.',
    { faults },
  );
}

/** The fault of one rule, for who knows by other means that it is broken. */
export function passwordFault(code: PasswordRuleCode, policy: PasswordRequirements): InputFault {
  const rule = RULES.find((one) => one.code === code);
  return faultOf(code, rule?.detail(policy) ?? '');
}

function faultOf(code: string, detail: string): InputFault {
  return { pointer: '/newPassword', code, detail };
}
