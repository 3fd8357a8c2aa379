import { describe, expect, it } from 'vitest';
import { declareEmbeddedStack, isEmbeddedStack, isEmbeddedStackOn } from './embedded-stack.js';

describe('the embedded stack', () => {
  it('is trusted only after its supervisor declares it, and only on a literal loopback address', () => {
    const hosts = [
      '127.0.0.1',
      '::1',
      '0.0.0.0',
      '::',
      'localhost',
      '192.0.2.1',
      '127.0.0.1.x',
      '',
    ];
    const before = hosts.filter(isEmbeddedStackOn);
    const wasPart = isEmbeddedStack();

    declareEmbeddedStack();

    expect([wasPart, isEmbeddedStack()]).toEqual([false, true]);
    expect(before).toEqual([]);
    expect(hosts.filter(isEmbeddedStackOn)).toEqual(['127.0.0.1', '::1']);
  });
});
