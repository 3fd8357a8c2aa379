import { describe, expect, it } from 'vitest';
import { InMemoryImportManifest } from '../../../../test/support/in-memory-import-manifest.js';
import { LeaseLost } from '../job/import-progress.js';
import { MAX_PART_BYTES, type ImportedHour, type ManifestPart } from './import-manifest.js';
import { ManifestWriter } from './manifest-writer.js';

const UPLOAD_ID = '018a4f00-0000-7000-8000-000000000001';

function anHour(hour: number, equipmentId = 'EQ-1'): ImportedHour {
  return { equipmentId, hour: new Date(hour * 3_600_000).toISOString().slice(0, 13) };
}

/** Lets a test hold the parts back. */
class SlowManifest extends InMemoryImportManifest {
  open: Promise<void> = Promise.resolve();

  override async create(uploadId: string, part: ManifestPart): Promise<ManifestPart> {
    await this.open;
    return super.create(uploadId, part);
  }
}

function start() {
  const manifest = new SlowManifest();
  const writer = (name: string) => new ManifestWriter(manifest, UPLOAD_ID, name);
  const parts = async () => Array.fromAsync(manifest.parts(UPLOAD_ID, 1));
  const named = async () =>
    (await parts()).map((part) => (part.kind === 'hours' ? part.hours : part.kind));
  return { manifest, writer, parts, named };
}

describe('the hours of a run', () => {
  it('are named once, before the call returns', async () => {
    const { writer, named } = start();
    const run = writer('a');

    await run.name([anHour(1), anHour(2), anHour(1)]);
    await run.name([anHour(2)]);
    await run.name([anHour(2), anHour(2, 'EQ-2')]);

    expect(await named()).toEqual([[anHour(1), anHour(2)], [anHour(2, 'EQ-2')]]);
  });

  it('are named together while a part is on its way, and no caller returns before its own', async () => {
    const { manifest, writer, named } = start();
    const { promise, resolve: release } = Promise.withResolvers<void>();
    manifest.open = promise;
    const run = writer('a');
    const done: number[] = [];

    const calls = [1, 2, 3, 1].map(async (hour, index) => {
      await run.name([anHour(hour)]);
      done.push(index);
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    const early = [...done];
    release();
    await Promise.all(calls);

    expect(early).toEqual([]);
    expect((await named()).flat()).toEqual([anHour(1), anHour(2), anHour(3)]);
    expect((await named()).length).toBeLessThan(3);
  });

  it('follow those of other runs, and count them all', async () => {
    const { writer, parts } = start();
    const [first, second] = [writer('a'), writer('b')];

    await first.name([anHour(1)]);
    await second.name([anHour(2), anHour(3)]);
    await first.name([anHour(4)]);

    expect(await parts()).toMatchObject([
      { number: 1, writer: 'a', totalHours: 1 },
      { number: 2, writer: 'b', totalHours: 3 },
      { number: 3, writer: 'a', totalHours: 4 },
    ]);
  });

  it('cannot be named behind the fence, and then nobody waits for them in vain', async () => {
    const { manifest, writer, parts } = start();
    const run = writer('a');
    await run.name([anHour(1)]);
    await manifest.create(UPLOAD_ID, { kind: 'fence', number: 2, totalHours: 1 });

    await expect(run.name([anHour(2)])).rejects.toBeInstanceOf(LeaseLost);
    await expect(run.name([anHour(2)])).rejects.toBeInstanceOf(LeaseLost);
    await expect(run.name([anHour(3)])).rejects.toBeInstanceOf(LeaseLost);
    await expect(run.name([anHour(1)])).resolves.toBeUndefined();
    expect(await parts()).toHaveLength(2);
  });

  it('cannot be named by a run that begins behind the fence', async () => {
    const { manifest, writer, parts } = start();
    await manifest.create(UPLOAD_ID, { kind: 'fence', number: 1, totalHours: 0 });

    await expect(writer('a').name([anHour(1)])).rejects.toBeInstanceOf(LeaseLost);
    expect(await parts()).toHaveLength(1);
  });

  it('are not named when the store fails, also not for the next call', async () => {
    const { manifest, writer } = start();
    const run = writer('a');
    manifest.open = Promise.reject(new Error('away'));
    manifest.open.catch(() => undefined);

    await expect(run.name([anHour(1)])).rejects.toThrow('away');
    manifest.open = Promise.resolve();

    await expect(run.name([anHour(1)])).rejects.toThrow('away');
    await expect(run.name([anHour(2)])).rejects.toThrow('away');
  });

  it('fill as many parts as they need', async () => {
    const { writer, parts, named } = start();
    const hours = Array.from({ length: 5000 }, (_hour, n) => anHour(n, 'x'.repeat(128)));

    await writer('a').name(hours);

    expect((await named()).flat()).toEqual(hours);
    for (const part of await parts()) {
      const text = part.kind === 'hours' ? part.hours : [];
      const bytes = text.reduce(
        (sum, { equipmentId, hour }) => sum + equipmentId.length + hour.length + 2,
        0,
      );
      expect(bytes).toBeLessThanOrEqual(MAX_PART_BYTES);
    }
  });
});
