import { describe, expect, it } from 'vitest';
import { inWords, moreFieldFiles } from '../../../../test/support/more-field-files.js';
import { ImportWorkbench } from '../../../../test/support/import-workbench.js';
import { parseColumns } from '../grammar/column-mapping.js';

describe('files of a kind', () => {
  it.each(moreFieldFiles('E'))('$name', async ({ file, said, expected, repeated }) => {
    const bench = new ImportWorkbench();
    const columns = parseColumns(said['columns'] ?? {});
    const options = { ...said, columns: columns.ok ? columns.value : new Map() };

    const { failure, checkpoint } = await bench.importFile(file, { options });

    const readings = (await bench.stored()).map(({ equipmentId, timestamp, values }) =>
      inWords('E', equipmentId, timestamp, values),
    );
    expect(failure?.code ?? readings).toEqual(expected);
    expect(checkpoint.contents.repeatedRows).toBe(repeated);
  });
});
