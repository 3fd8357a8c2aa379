import { describe, expect, it } from 'vitest';
import { hashPassword, matchesPassword } from './password-hash.js';

describe('password hash', () => {
  it('matches the password it was made of and no other', async () => {
    const hash = await hashPassword('Correct-Horse-1');

    const answers = await Promise.all([
      matchesPassword('Correct-Horse-1', hash),
      matchesPassword('correct-Horse-1', hash),
      matchesPassword('', hash),
    ]);

    expect(answers).toEqual([true, false, false]);
  });

  it('differs each time, and holds no trace of the password', async () => {
    const [first, second] = await Promise.all([
      hashPassword('Same-Pass-1'),
      hashPassword('Same-Pass-1'),
    ]);

    expect(first).not.toBe(second);
    expect(first).toMatch(/^scrypt-16384-8-1\$[\w-]{22}\$[\w-]{43}$/);
  });

  it('matches nothing when there is no hash', async () => {
    expect(await matchesPassword('anything', undefined)).toBe(false);
  });

  it('fails loudly on a damaged hash', async () => {
    await expect(matchesPassword('anything', 'md5$abc')).rejects.toThrow('damaged');
  });
});
