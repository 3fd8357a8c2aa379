import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Teardown } from './teardown.js';

describe('the teardown', () => {
  it('stops callers before services, services before stores, the folder last', async () => {
    const teardown = new Teardown();
    const stopped: string[] = [];
    for (const stage of ['folder', 'stores', 'callers', 'services'] as const) {
      teardown.add(stage, stage, async () => {
        await delay(5);
        stopped.push(stage);
      });
    }

    const failures = await teardown.run();

    expect(failures).toEqual([]);
    expect(stopped).toEqual(['callers', 'services', 'stores', 'folder']);
  });

  it('stops the parts of a stage at the same time', async () => {
    const teardown = new Teardown();
    const first = Promise.withResolvers<void>();
    teardown.add('callers', 'waits for the second', async () => first.promise);
    teardown.add('callers', 'second', async () => first.resolve());

    expect(await teardown.run()).toEqual([]);
  });

  it('goes on after a part that fails and one that never ends, and names both', async () => {
    const teardown = new Teardown({ callers: 20, services: 20, stores: 20, folder: 20 });
    let isClosed = false;
    teardown.add('callers', 'API', async () => {
      throw new Error('no answer');
    });
    teardown.add('services', 'S3', async () => new Promise(() => undefined));
    teardown.add('folder', 'data folder', async () => {
      isClosed = true;
    });

    const failures = await teardown.run();

    expect(failures).toEqual(['API: Error: no answer', 'S3: did not end within 20 ms']);
    expect(isClosed).toBe(true);
  });
});
