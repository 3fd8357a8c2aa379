import { beforeAll, describe, expect, inject, it } from 'vitest';
import { ApiClient, eventually, machineToken } from '../support/api-client.js';

const stack = inject('stack');
let admin: ApiClient;

beforeAll(async () => {
  admin = (await ApiClient.connect(stack.baseUrl)).withToken(await machineToken(stack));
});

describe('the audit trail', () => {
  it('names who removed readings, and who repaired aggregates', async () => {
    const reading = { equipmentId: 'EQ-AUDIT', timestamp: '2023-02-15T06:30:00Z', value: 1 };
    await admin.post('/sensor-data', reading);
    await admin.send('DELETE', `/sensor-data/EQ-AUDIT/${reading.timestamp}`);
    await admin.send('DELETE', `/sensor-data/EQ-AUDIT/${reading.timestamp}`);
    const range = { from: '2023-02-15T06:00:00Z', to: '2023-02-15T07:00:00Z' };
    await admin.send('DELETE', '/sensor-data/EQ-AUDIT', { query: range });
    await admin.send('POST', '/sensor-data/aggregated/repair', { query: range });

    const actor = stack.machine.clientId;
    const { body } = await eventually(
      async () => admin.get('/audit', { actor, limit: 4 }),
      (answer) => answer.body.items.every(({ outcome }: any) => outcome !== 'unconfirmed'),
    );

    const target = 'EQ-AUDIT/2023-02-15T06:30:00Z';
    expect(body.items).toMatchObject([
      { action: 'aggregates.repair', target: `from=${range.from} to=${range.to}` },
      { action: 'readings.remove', target: `EQ-AUDIT from=${range.from} to=${range.to}` },
      { action: 'reading.remove', target, outcome: 'refused' },
      { action: 'reading.remove', target, outcome: 'succeeded', actor },
    ]);
  });
});
