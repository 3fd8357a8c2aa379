import { ImportManifest, type ManifestPart } from '@sensorflow/csv-import';

/** The manifests in memory, for tests; keeps the contract of ImportManifest. */
export class InMemoryImportManifest extends ImportManifest {
  private readonly byImport = new Map<string, Map<number, ManifestPart>>();

  override async create(uploadId: string, part: ManifestPart): Promise<ManifestPart> {
    await Promise.resolve();
    const parts = this.byImport.get(uploadId) ?? new Map<number, ManifestPart>();
    this.byImport.set(uploadId, parts);
    const stands = parts.get(part.number);
    if (stands) return stands;
    parts.set(part.number, part);
    return part;
  }

  override async last(uploadId: string): Promise<ManifestPart | undefined> {
    await Promise.resolve();
    return this.sorted(uploadId).at(-1);
  }

  override async *parts(uploadId: string, fromNumber: number): AsyncGenerator<ManifestPart> {
    await Promise.resolve();
    yield* this.sorted(uploadId).filter(({ number }) => number >= fromNumber);
  }

  private sorted(uploadId: string): readonly ManifestPart[] {
    const parts = [...(this.byImport.get(uploadId)?.values() ?? [])];
    return parts.sort((a, b) => a.number - b.number);
  }
}
