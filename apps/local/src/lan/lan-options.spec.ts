import { describe, expect, it } from 'vitest';
import { readLanOptions } from './lan-options.js';

const PORTS = { http: 3000, https: 3443 };

describe('the options of a network', () => {
  it('are none unless somebody asks for them', () => {
    expect(readLanOptions({ lan: false }, PORTS)).toBeUndefined();
    expect(readLanOptions({ lan: true }, PORTS)).toEqual({ httpsPort: 3443, given: undefined });
  });

  it('name files in full', () => {
    const options = readLanOptions({ lan: true, certificate: '/a/b.pem', key: 'b.key' }, PORTS);

    expect(options?.given?.certificateFile).toBe('/a/b.pem');
    expect(options?.given?.keyFile).toBe(`${process.cwd()}/b.key`);
  });

  it.each([
    [{ lan: true, certificate: 'a' }, PORTS, '--certificate and --key together'],
    [{ lan: true, key: 'a' }, PORTS, '--certificate and --key together'],
    [{ lan: false, certificate: 'a', key: 'b' }, PORTS, 'only with --lan'],
    [{ lan: true }, { http: 3443, https: 3443 }, 'both 3443'],
  ])('are refused when they do not go together: %j', (given, ports, words) => {
    expect(() => readLanOptions(given, ports)).toThrow(words);
  });
});
