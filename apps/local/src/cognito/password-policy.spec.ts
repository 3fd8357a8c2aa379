import { describe, expect, it } from 'vitest';
import { checkPasswordPolicy } from './password-policy.js';

describe('password policy', () => {
  it.each(['Abcdef1!', 'pass Word 1', 'Ünïcödé-A1x', `Aa1!${'x'.repeat(252)}`])(
    'takes %s',
    (password) => {
      expect(() => checkPasswordPolicy(password)).not.toThrow();
    },
  );

  it.each([
    { password: 'Abcde1!', reason: 'not long enough' },
    { password: `Aa1!${'x'.repeat(253)}`, reason: 'too long' },
    { password: 'abcdefg1!', reason: 'uppercase' },
    { password: 'ABCDEFG1!', reason: 'lowercase' },
    { password: 'Abcdefgh!', reason: 'numeric' },
    { password: 'Abcdefgh1', reason: 'symbol' },
    { password: ' Abcdefg1', reason: 'space' },
  ])('refuses $password: $reason', ({ password, reason }) => {
    expect(() => checkPasswordPolicy(password)).toThrow(reason);
  });
});
