import { describe, expect, it } from 'vitest';
import { checkPasswordPolicy } from './password-policy.js';

describe('password policy', () => {
  it.each(['Abcdefghij1!', 'pass Words 12', 'Ünïcödé-A1xyz', `Aa1!${'x'.repeat(252)}`])(
    'takes %s',
    (password) => {
      expect(() => checkPasswordPolicy(password)).not.toThrow();
    },
  );

  it.each([
    { password: 'Abcdefghi1!', reason: 'not long enough' },
    { password: `Aa1!${'x'.repeat(253)}`, reason: 'too long' },
    { password: 'abcdefghijk1!', reason: 'uppercase' },
    { password: 'ABCDEFGHIJK1!', reason: 'lowercase' },
    { password: 'Abcdefghijkl!', reason: 'numeric' },
    { password: 'Abcdefghijkl1', reason: 'symbol' },
    { password: ' Abcdefghijk1', reason: 'space' },
  ])('refuses $password: $reason', ({ password, reason }) => {
    expect(() => checkPasswordPolicy(password)).toThrow(reason);
  });
});
