import { DomainError } from '@sensorflow/kernel';
import { describe, expect, it } from 'vitest';
import { clearedSessionCookie, sessionCookie } from './session-cookie.js';

describe('the session cookie', () => {
  it('is the site’s own, hidden from scripts and gone after an hour', () => {
    expect(sessionCookie('a.b.c')).toBe(
      '__Host-sensorflow=a.b.c; Path=/; Max-Age=3600; HttpOnly; Secure; SameSite=Strict',
    );
  });

  it('is cleared by the same attributes', () => {
    const withoutValue = (line: string) => line.replace(/=[^;]*/, '=').replace(/Max-Age=\d+/, '');

    expect(withoutValue(clearedSessionCookie())).toBe(withoutValue(sessionCookie('a.b.c')));
    expect(clearedSessionCookie()).toContain('Max-Age=0');
  });

  it('takes what a browser keeps and not a byte more', () => {
    const room = 4096 - sessionCookie('').length;

    expect(sessionCookie('x'.repeat(room))).toHaveLength(4096);
    expect(() => sessionCookie('x'.repeat(room + 1))).toThrow(DomainError);
  });
});
