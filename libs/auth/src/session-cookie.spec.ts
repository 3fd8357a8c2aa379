import { DomainError } from '@sensorflow/kernel';
import { describe, expect, it } from 'vitest';
import { SessionCookie } from './session-cookie.js';

describe('the session cookie', () => {
  it('is the site’s own, hidden from scripts and gone after an hour', () => {
    expect(SessionCookie.secure().carrying('a.b.c')).toBe(
      '__Host-sensorflow=a.b.c; Path=/; Max-Age=3600; HttpOnly; Secure; SameSite=Strict',
    );
  });

  it('for loopback is the same, but neither Secure nor __Host-', () => {
    expect(SessionCookie.forLoopback().carrying('a.b.c')).toBe(
      'sensorflow=a.b.c; Path=/; Max-Age=3600; HttpOnly; SameSite=Strict',
    );
  });

  it.each([SessionCookie.secure(), SessionCookie.forLoopback()])(
    'is cleared by the same attributes: $name',
    (cookie) => {
      const withoutValue = (line: string) => line.replace(/=[^;]*/, '=').replace(/Max-Age=\d+/, '');

      expect(withoutValue(cookie.cleared())).toBe(withoutValue(cookie.carrying('a.b.c')));
      expect(cookie.cleared()).toContain('Max-Age=0');
    },
  );

  it('takes what a browser keeps and not a byte more', () => {
    const cookie = SessionCookie.secure();
    const room = 4096 - cookie.carrying('').length;

    expect(cookie.carrying('x'.repeat(room))).toHaveLength(4096);
    expect(() => cookie.carrying('x'.repeat(room + 1))).toThrow(DomainError);
  });
});
