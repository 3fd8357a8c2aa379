import { describe, expect, it } from 'vitest';
import { ReachableOrigin } from './reachable-origin.js';

const NAMES = new Set(['192.168.4.20', 'plant-pc.local', '[fd00::4]']);
const origin = new ReachableOrigin({ speaksFor: (host) => NAMES.has(host) }, '10.1.2.3', 3443);

describe('the address that an answer names', () => {
  it.each([
    ['192.168.4.20:3443', 'https://192.168.4.20:3443'],
    ['plant-pc.local:8443', 'https://plant-pc.local:8443'],
    ['PLANT-PC.local', 'https://plant-pc.local'],
    ['[fd00::4]:3443', 'https://[fd00::4]:3443'],
  ])('is the one that a caller by HTTPS used: %s', (host, expected) => {
    expect(origin.sameAs(host)).toBe(expected);
  });

  it('is the HTTPS port of the host that a caller by plain HTTP used', () => {
    expect(origin.besides('plant-pc.local:3000')).toBe('https://plant-pc.local:3443');
  });

  it.each([
    ['evil.example:3443'],
    ['evil.example'],
    ['plant-pc.local.evil.example'],
    ['plant-pc.local@evil.example'],
    ['plant-pc.local/..'],
    ['192.168.4.20:99999'],
    ['%'],
    [''],
    [undefined],
  ])('is never that of a host which the certificate does not speak for: %s', (host) => {
    const own = ['https://10.1.2.3:3443', 'https://plant-pc.local'];

    expect(own).toContain(origin.sameAs(host));
    expect(origin.besides(host)).not.toContain('evil');
  });
});
