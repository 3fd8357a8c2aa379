import { describe, expect, it } from 'vitest';
import { forgedApiKey } from '../../../../test/support/forged-api-key.js';
import { FixedClock } from '../../../../test/support/fixed-clock.js';
import { InMemoryApiKeyStore } from '../../../../test/support/in-memory-api-key-store.js';
import type { Caller } from '../caller.js';
import type { ApiKeyProperties } from './api-key.js';
import { ApiKeyDirectory } from './api-key-directory.js';
import { newApiKeyText } from './api-key-text.js';
import { ApiKeys, MAX_API_KEYS } from './api-keys.js';
import { LastUses } from './last-uses.js';

const ADMIN: Caller = {
  kind: 'user',
  subject: 'subject-of-ada',
  username: 'ada',
  scopes: new Set(['sensorflow/read', 'sensorflow/write', 'sensorflow/import', 'sensorflow/admin']),
  expiresAtEpochSeconds: 4_102_444_800,
};

const WRITER: ApiKeyProperties = {
  name: 'press',
  scopes: ['sensorflow/write'],
  equipmentIds: undefined,
  expiresAtEpochMs: undefined,
  ratePerMinute: undefined,
  maxConnections: undefined,
};

async function setUp() {
  const clock = new FixedClock();
  const store = new InMemoryApiKeyStore();
  const startProcess = async () => {
    const uses = new LastUses(
      clock,
      (keyId, at) => store.recordUse(keyId, at),
      () => undefined,
    );
    const directory = new ApiKeyDirectory(store, clock, uses, () => undefined);
    await directory.refresh();
    return { directory, keys: new ApiKeys(store, directory, clock) };
  };
  return { clock, store, startProcess, here: await startProcess() };
}

function codeOf(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return Reflect.get(Object(error), 'code');
  }
}

describe('an API key', () => {
  it('says who it is', async () => {
    const { here } = await setUp();
    const { apiKey, text } = await here.keys.issue(WRITER, ADMIN);

    expect(here.directory.authenticate(text)).toEqual({
      kind: 'key',
      subject: `sfk_${apiKey.keyId}`,
      username: 'press',
      scopes: new Set(['sensorflow/write']),
      ratePerMinute: 600,
      equipment: undefined,
      expiresAtEpochSeconds: undefined,
    });
  });

  it('works where it was made at once, and elsewhere after the next refresh', async () => {
    const { startProcess, here } = await setUp();
    const there = await startProcess();
    const { text } = await here.keys.issue(WRITER, ADMIN);

    expect(codeOf(() => there.directory.authenticate(text))).toBe('api-key-unknown');
    await there.directory.refresh();

    expect(there.directory.authenticate(text).username).toBe('press');
  });

  it('that is revoked is refused here at once, elsewhere after the next refresh, and by who starts later', async () => {
    const { startProcess, here } = await setUp();
    const { apiKey, text } = await here.keys.issue(WRITER, ADMIN);
    const there = await startProcess();
    there.directory.authenticate(text);

    await here.keys.revoke(apiKey.keyId);
    expect(codeOf(() => here.directory.authenticate(text))).toBe('api-key-revoked');
    await there.directory.refresh();
    expect(codeOf(() => there.directory.authenticate(text))).toBe('api-key-revoked');
    const late = await startProcess();
    expect(codeOf(() => late.directory.authenticate(text))).toBe('api-key-revoked');
  });

  it('stays revoked when the clock of who revoked it was behind that of who made it', async () => {
    const { clock, store, startProcess, here } = await setUp();
    const { apiKey, text } = await here.keys.issue(WRITER, ADMIN);
    await store.revoke(apiKey, clock.nowEpochMs() - 60_000);

    await here.directory.refresh();
    const late = await startProcess();

    for (const { directory } of [here, late]) {
      expect(codeOf(() => directory.authenticate(text))).toBe('api-key-revoked');
    }
  });

  it('is revoked once', async () => {
    const { here } = await setUp();
    const { apiKey } = await here.keys.issue(WRITER, ADMIN);
    await here.keys.revoke(apiKey.keyId);

    await expect(here.keys.revoke(apiKey.keyId)).rejects.toMatchObject({
      code: 'api-key-not-found',
    });
    await expect(here.keys.revoke('../x')).rejects.toMatchObject({ code: 'api-key-not-found' });
  });

  it('is refused from the instant on at which it expires', async () => {
    const { clock, here } = await setUp();
    const expiresAtEpochMs = clock.nowEpochMs() + 5000;
    const { text } = await here.keys.issue({ ...WRITER, expiresAtEpochMs }, ADMIN);

    clock.advance(4999);
    here.directory.authenticate(text);
    clock.advance(1);

    expect(codeOf(() => here.directory.authenticate(text))).toBe('api-key-expired');
  });

  it('is told from a mistyped one, and from one with another secret', async () => {
    const { here } = await setUp();
    const { apiKey, text } = await here.keys.issue(WRITER, ADMIN);
    const lastCharacter = text.endsWith('A') ? 'B' : 'A';

    expect(codeOf(() => here.directory.authenticate(`${text.slice(0, -1)}${lastCharacter}`))).toBe(
      'api-key-malformed',
    );
    const forged = forgedApiKey(apiKey.keyId);
    expect(codeOf(() => here.directory.authenticate(forged))).toBe('api-key-unknown');
    // Of a revoked key, too, nothing is said to who does not have it.
    await here.keys.revoke(apiKey.keyId);
    expect(codeOf(() => here.directory.authenticate(forged))).toBe('api-key-unknown');
  });

  it('is not decided upon by a view that is too old, known or unknown', async () => {
    const { clock, store, here } = await setUp();
    const { text } = await here.keys.issue(WRITER, ADMIN);
    store.failing = true;

    clock.advance(10_001);
    await expect(here.directory.refresh()).rejects.toThrow('told to fail');

    for (const key of [text, newApiKeyText().key]) {
      expect(codeOf(() => here.directory.authenticate(key))).toBe('api-key-check-unavailable');
    }
    store.failing = false;
    await here.directory.refresh();
    expect(here.directory.authenticate(text).username).toBe('press');
  });

  it('is listed as used, once in a quarter of an hour', async () => {
    const { clock, store, here } = await setUp();
    const { apiKey, text } = await here.keys.issue(WRITER, ADMIN);

    for (let request = 0; request < 1000; request += 1) here.directory.authenticate(text);
    await Promise.resolve();

    const quarter = 15 * 60_000 * Math.floor(clock.nowEpochMs() / (15 * 60_000));
    expect(store.uses).toEqual([[apiKey.keyId, quarter]]);
    const { keys } = await here.keys.page(undefined, 10);
    expect(keys).toMatchObject([{ keyId: apiKey.keyId, lastUsedAtEpochMs: quarter }]);
  });

  it('leaves memory when nobody needs to hear of it any more', async () => {
    const { clock, here } = await setUp();
    const { apiKey } = await here.keys.issue(WRITER, ADMIN);
    await here.keys.issue(WRITER, ADMIN);
    await here.keys.revoke(apiKey.keyId);
    expect(here.directory.size).toBe(2);

    clock.advance(30 * 24 * 60 * 60_000 + 1);
    await here.directory.refresh();

    // The twin keeps what DynamoDB's TTL removes: only the refresh of a new process would bring it back.
    expect(here.directory.size).toBe(1);
  });
});

describe('a process that slept for longer than changes are kept', () => {
  it('reads everything again', async () => {
    const { clock, store, startProcess, here } = await setUp();
    const there = await startProcess();
    const { apiKey, text } = await here.keys.issue(WRITER, ADMIN);
    await here.keys.revoke(apiKey.keyId);
    const { text: other } = await here.keys.issue(WRITER, ADMIN);
    store.forgetChanges();

    clock.advance(24 * 60 * 60_000);
    await there.directory.refresh();

    expect(codeOf(() => there.directory.authenticate(text))).toBe('api-key-revoked');
    expect(there.directory.authenticate(other).username).toBe('press');
  });
});

describe('a flood of wrong keys', () => {
  it('makes no call to the store', async () => {
    const { store, here } = await setUp();
    const { text } = await here.keys.issue(WRITER, ADMIN);
    const before = store.calls;

    const codes = new Set(
      Array.from({ length: 20_000 }, (_, index) =>
        codeOf(() =>
          here.directory.authenticate(index % 2 === 0 ? newApiKeyText().key : `${text}${index}`),
        ),
      ),
    );

    expect(codes).toEqual(new Set(['api-key-unknown', 'api-key-malformed']));
    expect(store.calls).toBe(before);
    expect(here.directory.size).toBe(1);
  });
});

describe('making an API key', () => {
  it('grants nothing that its maker lacks', async () => {
    const { store, here } = await setUp();
    const machine: Caller = { ...ADMIN, scopes: new Set(['sensorflow/admin', 'sensorflow/read']) };
    const wish = { ...WRITER, scopes: ['sensorflow/read', 'sensorflow/write'] as const };

    await expect(here.keys.issue(wish, machine)).rejects.toMatchObject({
      kind: 'forbidden',
      code: 'scope-not-held',
      message: expect.stringContaining('sensorflow/write'),
    });
    expect(await store.all()).toEqual([]);
  });

  it('ends at a number of keys', async () => {
    const { store, startProcess, here } = await setUp();
    const { apiKey } = await here.keys.issue(WRITER, ADMIN);
    for (let index = 1; index < MAX_API_KEYS; index += 1) {
      await store.create({ ...apiKey, keyId: String(index).padStart(16, '0') });
    }
    const full = await startProcess();

    await expect(full.keys.issue(WRITER, ADMIN)).rejects.toMatchObject({
      kind: 'conflict',
      code: 'too-many-api-keys',
    });
  });

  it('that the store does not confirm leaves no key that works', async () => {
    const { store, here } = await setUp();
    store.failing = true;

    await expect(here.keys.issue(WRITER, ADMIN)).rejects.toThrow('told to fail');

    expect(here.directory.size).toBe(0);
  });
});
