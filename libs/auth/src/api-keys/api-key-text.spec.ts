import { describe, expect, it } from 'vitest';
import { apiKeyHash, isKeyId, keyIdIn, newApiKeyText } from './api-key-text.js';

describe('the text of an API key', () => {
  it('names its key, and is another one each time', () => {
    const keys = Array.from({ length: 200 }, newApiKeyText);

    for (const { keyId, key } of keys) {
      expect(key).toMatch(/^sfk_[0-9A-Za-z]{16}_[0-9A-Za-z]{49}$/);
      expect(key.split('_')[1]).toBe(keyId);
      expect(keyIdIn(key)).toBe(keyId);
      expect(isKeyId(keyId)).toBe(true);
    }
    expect(new Set(keys.map(({ key }) => key)).size).toBe(200);
  });

  it('is told from each text that differs in one character', () => {
    const { key } = newApiKeyText();

    for (let place = 0; place < key.length; place += 1) {
      const other = key[place] === 'A' ? 'B' : 'A';
      const mistyped = `${key.slice(0, place)}${other}${key.slice(place + 1)}`;
      expect(keyIdIn(mistyped), mistyped).toBeUndefined();
    }
  });

  it('is told from each text in which two neighbours are swapped', () => {
    const { key } = newApiKeyText();

    const swapped = Array.from(
      { length: key.length - 1 },
      (_, place) => `${key.slice(0, place)}${key[place + 1]}${key[place]}${key.slice(place + 2)}`,
    ).filter((text) => text !== key);

    expect(swapped.length).toBeGreaterThan(50);
    expect(swapped.filter((text) => keyIdIn(text) !== undefined)).toEqual([]);
  });

  it.each([
    ['nothing', () => ''],
    ['a key without its end', () => newApiKeyText().key.slice(0, -1)],
    ['a key with more behind it', () => `${newApiKeyText().key}A`],
    ['a key with a line break', () => `${newApiKeyText().key}\n`],
    ['a key in capitals', () => newApiKeyText().key.toUpperCase()],
    ['another prefix', () => newApiKeyText().key.replace('sfk_', 'ghp_')],
    ['a megabyte', () => 'sfk_'.padEnd(1_000_000, 'A')],
  ])('is not %s', (_name, text) => {
    expect(keyIdIn(text())).toBeUndefined();
  });

  it('leaves 256 bits of hash behind, the same each time', () => {
    const { key } = newApiKeyText();

    expect(apiKeyHash(key)).toHaveLength(32);
    expect(apiKeyHash(key)).toEqual(apiKeyHash(key));
    expect(apiKeyHash(newApiKeyText().key)).not.toEqual(apiKeyHash(key));
  });
});
