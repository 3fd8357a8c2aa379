import type { TestProject } from 'vitest/node';
import { freePort } from '../../bench/free-port.ts';
import { CREDENTIALS, startImplementation } from './implementation.js';

/** Starts moto, whose DynamoDB the ports' contracts are held against. */
export default async function startMoto(project: TestProject): Promise<() => Promise<void>> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  return startImplementation(
    {
      module: 'moto_one_at_a_time',
      args: [String(port)],
      url,
      readyPath: '/moto-api/',
      variables: {},
    },
    () => project.provide('dynamoDbUnderTest', { endpoint: url, credentials: CREDENTIALS }),
  );
}
