import { describe, expect, it } from 'vitest';
import { ImportWorkbench } from '../../../../test/support/import-workbench.js';

const HEAD = 'equipmentId,timestamp,value\n';
const row = (id: string, minute: number, value: number | string = minute): string =>
  `${id},2023-01-01T00:${String(minute).padStart(2, '0')}:00Z,${value}\n`;

describe('an import of a key for some equipment', () => {
  it('brings that equipment alone, and rejects other rows one by one', async () => {
    const bench = new ImportWorkbench();
    const file = [
      row('EQ-1', 1),
      row('EQ-2', 2),
      row('LINE-1:a', 3),
      row('LINE-10:a', 4),
      row(' EQ-2', 5),
      row('EQ-2', 6, 'broken'),
      row('EQ-1', 7),
    ];

    const { uploadId, status, checkpoint } = await bench.importFile(HEAD + file.join(''), {
      equipmentEntries: ['EQ-1', 'LINE-1:*'],
    });

    expect(status).toBe('completed-with-errors');
    expect(checkpoint.rows).toMatchObject({ total: 7, accepted: 3, rejected: 4 });
    const stored = (await bench.readings()).map((reading) => reading.split(' ')[0]);
    expect(stored).toEqual(['EQ-1', 'EQ-1', 'LINE-1:a']);
    const report = bench.reportRows(uploadId).map(([line, code, detail]) => [line, code, detail]);
    const forbidden = (line: string, id: string) => [
      line,
      'equipment-forbidden',
      `"${id}" is not among the equipment of this API key: EQ-1 and 1 more.`,
    ];
    expect(report).toEqual([
      forbidden('3', 'EQ-2'),
      forbidden('5', 'LINE-10:a'),
      forbidden('6', 'EQ-2'),
      ['7', 'value-not-a-number', expect.any(String)],
    ]);
  });

  it('of a large file with nothing for it ends, and stores nothing', async () => {
    const bench = new ImportWorkbench();
    const rows = Array.from({ length: 5000 }, (_, n) => row(`EQ-${n % 7}`, n % 60, n));

    const record = await bench.importFile(HEAD + rows.join(''), { equipmentEntries: ['OTHER'] });

    expect(record).toMatchObject({ status: 'failed', failure: { code: 'no-valid-row' } });
    expect(record.checkpoint.rows).toMatchObject({ total: 5000, accepted: 0, rejected: 5000 });
    expect(await bench.readings()).toEqual([]);
  });
});
