import { join } from 'node:path';
import { ROOT } from '../root.ts';
import type { CsvOptions } from './csv-file.ts';

/** The built product's own code: how it keeps an import's options, and reads its blocks. */
interface LogBlock {
  readonly kind: string;
  readonly hour: string;
  readonly offsetsNs: readonly number[];
  /** By metric; NaN where a reading has none. */
  readonly columns: ReadonlyMap<string, readonly number[]>;
}

const built = (path: string) => import(join(ROOT, 'dist/libs', path));

/** As the table of imports has them. */
export async function optionsItem({ columns = {}, ...others }: CsvOptions): Promise<object> {
  const { optionsToItem } = await built('csv-import/src/dynamodb/import-options-item.js');
  const { DEFAULT_OPTIONS } = await built('csv-import/src/grammar/import-options.js');
  const given = new Map(Object.entries(columns));
  return optionsToItem({ ...DEFAULT_OPTIONS, ...others, columns: given });
}

/** The readings in items of the store, each as a line: `EQ-1 2022-01-01T00:00:00.000000000Z value 20.5`. */
export async function linesOf(items: readonly object[]): Promise<readonly string[]> {
  const { fromBlockItem } = await built('sensor-data/src/dynamodb/block-item.js');
  const { readBlock } = await built('sensor-data/src/log/read-block.js');
  const { instantAt } = await built('sensor-data/src/log/hour-time.js');
  const lines: string[] = [];
  for (const item of items) {
    if (!('block' in item)) continue;
    const stored = fromBlockItem(item);
    const block: LogBlock = readBlock(stored);
    if (block.kind !== 'readings') continue;
    for (const [metric, numbers] of block.columns) {
      for (const [at, number] of numbers.entries()) {
        if (Number.isNaN(number)) continue;
        const instant = instantAt(block.hour, block.offsetsNs[at] ?? NaN);
        lines.push(`${stored.equipmentId} ${instant} ${metric} ${number}`);
      }
    }
  }
  return lines;
}
