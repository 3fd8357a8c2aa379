import { RowTable } from '@sensorflow/sensor-data';
import { describe, expect, it } from 'vitest';
import { FixedClock } from '../../../../test/support/fixed-clock.js';
import { aNameLimit } from '../../../../test/support/in-memory-metric-names.js';
import { NameAdmission } from './name-admission.js';

const CALLER = 'ada';

describe('the metrics that equipment may have', () => {
  it('are asked for once for each equipment, and anew when numbers mean other equipment', () => {
    const limit = aNameLimit(new FixedClock());
    // Without a question it gets no name more.
    const names = Array.from({ length: 64 }, (_, n) => [`m${n}`, 1] as const);
    expect(limit.admits({ equipmentId: 'FULL', values: new Map(names) }, CALLER)).toBe(true);
    const admission = new NameAdmission(limit, CALLER, 2);
    admission.begin(['a', 'b']);
    const table = new RowTable({ rows: 1, metrics: 2, equipment: 1 });
    table.setCell(0, 0, 1, 0);
    table.setCell(1, 1, 1, 0);

    expect(admission.admits('EQ-1', 0, table, 2)).toBe(true);
    expect(admission.admits('FULL', 0, table, 2)).toBe(true);
    admission.begin(['a', 'b']);
    expect(admission.admits('FULL', 0, table, 2)).toBe(false);
    expect(admission.admits('EQ-1', 0, table, 1)).toBe(true);
    expect(admission.admits('FULL', 0, table, 1)).toBe(true);
    expect(admission.admits('FULL', 0, table, 2)).toBe(false);
  });
});
