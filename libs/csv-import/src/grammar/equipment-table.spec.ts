import { describe, expect, it } from 'vitest';
import { EquipmentTable, MAX_EQUIPMENT } from './equipment-table.js';

function read(table: EquipmentTable, text: string): { found: number; end: number } {
  const end = table.read(Buffer.from(`..${text}`, 'latin1'), 2) - 2;
  return { found: table.found, end };
}

describe('the numbers of equipment', () => {
  it('are the same whether an id is read from bytes or given as text', () => {
    const table = new EquipmentTable();

    expect(read(table, 'EQ-1,')).toEqual({ found: 0, end: 4 });
    expect(table.numberOf('EQ-2')).toBe(1);
    expect(read(table, 'EQ-2;')).toEqual({ found: 1, end: 4 });
    expect(table.numberOf('EQ-1')).toBe(0);
    expect(table.ids).toEqual(['EQ-1', 'EQ-2']);
  });

  it('tell apart as many ids as there may be, although there are fewer slots than pairs of them', () => {
    const table = new EquipmentTable();
    const ids = Array.from({ length: MAX_EQUIPMENT }, (_, n) => `EQ-${n}`);
    for (const id of ids) read(table, id);

    expect(ids.map((id) => read(table, id).found)).toEqual(ids.map((_, n) => n));
    expect(table.room).toBe(0);
    expect(read(table, 'EQ-NEW').found).toBe(-1);
    expect(table.numberOf('EQ-NEW')).toBe(-1);
  });

  it.each(['', '-EQ', 'batch', 'E'.repeat(129), 'Ger\u00e4t'.slice(3)])(
    'are not given to %s',
    (text) => {
      const table = new EquipmentTable();

      expect(read(table, text).found).toBe(-1);
      expect(table.ids).toEqual([]);
    },
  );
});
