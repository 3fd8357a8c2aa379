import { describe, expect, it } from 'vitest';
import { passwordFaults, type PasswordRequirements } from './password-rules.js';

const PASSWORD_POLICY: PasswordRequirements = {
  minimumLength: 12,
  requireLowercase: true,
  requireUppercase: true,
  requireNumbers: true,
  requireSymbols: true,
};

const codesOf = (password: string, policy = PASSWORD_POLICY) =>
  passwordFaults(password, policy).map(({ code }) => code);

describe('the rules of a password', () => {
  it.each([
    ['Correct-Horse-42', []],
    ['correct horse batteries 1A', []],
    ['abc', ['too-short', 'lacks-uppercase', 'lacks-digit', 'lacks-symbol']],
    ['123456789012', ['lacks-uppercase', 'lacks-lowercase', 'lacks-symbol']],
    [' Abcdefghijk1 ', ['lacks-symbol', 'has-outer-space']],
  ])('are all named at once for %j', (password, broken) => {
    expect(codesOf(password)).toEqual(broken.map((rule) => `password-${rule}`));
  });

  it('are those of the policy', () => {
    const policy = { ...PASSWORD_POLICY, minimumLength: 3, requireUppercase: false };

    expect(codesOf('abc', policy)).toEqual(['password-lacks-digit', 'password-lacks-symbol']);
  });
});
