import createClient from 'openapi-fetch';
import type { components, paths } from './api.js';

/** What a stranger writes with the generated types; compiled and run by test/e2e/generated-client.spec.ts. */
const [baseUrl, token] = process.argv.slice(2);
const api = createClient<paths>({ baseUrl, headers: { authorization: `Bearer ${token}` } });

const identity = { equipmentId: 'EQ-GENERATED-CLIENT', timestamp: '2023-02-15T06:30:00Z' };
const reading: components['schemas']['NewReading'] = { ...identity, value: 78.42 };
// @ts-expect-error a reading has value or values
const withoutMetrics: components['schemas']['NewReading'] = identity;

const recorded = await api.POST('/sensor-data', { body: reading });
const batch = await api.POST('/sensor-data/batch', {
  body: [{ ...identity, timestamp: '2023-02-15T06:31:00Z', values: { pressure: 2.3 } }],
});
const refused = await api.POST('/sensor-data', { body: withoutMetrics });
const list = await api.GET('/sensor-data/{equipmentId}', {
  params: { path: { equipmentId: identity.equipmentId }, query: { limit: 10 } },
});

process.stdout.write(
  JSON.stringify({
    recorded: recorded.data?.value,
    batch: batch.data?.stored,
    refused: refused.error?.code,
    listed: list.data?.items.map(({ timestamp }) => timestamp),
  }),
);
