import { describe, expect, it } from 'vitest';
import { nameConstraints, permits, permittedFor } from './name-constraints.js';

const NAMES = { dns: ['plant-pc', 'localhost'], addresses: ['192.168.4.20', '203.0.113.9'] };

describe('the names that an authority can vouch for', () => {
  it.each(['10.9.8.7', '172.31.0.1', '192.168.255.1', '169.254.1.1', '100.127.0.1', '127.0.0.1'])(
    'go on with another address of a private network: %s',
    (address) => {
      expect(permits(permittedFor(NAMES), { ...NAMES, addresses: [address] })).toBe(true);
    },
  );

  it.each(['203.0.113.10', '172.32.0.1', '192.169.0.1', '11.0.0.1', '100.128.0.1'])(
    'are others than a public address that it was not made for: %s',
    (address) => {
      expect(permits(permittedFor(NAMES), { ...NAMES, addresses: [address] })).toBe(false);
    },
  );

  it('are those of one machine: not when it is renamed', () => {
    expect(permits(permittedFor(NAMES), NAMES)).toBe(true);
    expect(permits(permittedFor(NAMES), { ...NAMES, dns: ['other-pc'] })).toBe(false);
  });

  it('stand in the certificate as RFC 5280 has them', () => {
    const der = nameConstraints({ dns: ['pc'], addresses: ['203.0.113.9'] }).toString('hex');

    // Each permitted subtree is a sequence with a name: [2] for DNS, [7] for address and mask.
    expect(der).toContain('300482027063');
    expect(der).toContain('300a87080a000000ff000000');
    expect(der).toContain('300a8708ac100000fff00000');
    expect(der).toContain('300a8708cb007109ffffffff');
  });
});
