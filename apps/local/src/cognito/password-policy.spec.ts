import { passwordFaults } from '@sensorflow/auth/password-rules.js';
import { PASSWORD_POLICY } from '@sensorflow/platform/resources/identity.js';
import * as fc from 'fast-check';
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

  it('refuses exactly what the API refuses before it asks', () => {
    const character = fc.constantFrom('a', 'A', '1', '!', '-', ' ', 'é');
    fc.assert(
      fc.property(fc.string({ unit: character, minLength: 9, maxLength: 15 }), (password) => {
        expect(passwordFaults(password, PASSWORD_POLICY).length === 0).toBe(isTaken(password));
      }),
    );
  });
});

function isTaken(password: string): boolean {
  try {
    checkPasswordPolicy(password);
    return true;
  } catch {
    return false;
  }
}
