import { member } from '@sensorflow/platform/aws/json-member.js';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const TIMEOUT_MS = 60_000;
const SWEEP_ID = 2;

/**
 * Removes what has expired from every table with a TTL attribute; returns how many items. dynoxide sweeps
 * when it is told to, and only its tool server can be told: a second process on the same database, which
 * speaks on its standard streams (no port) and ends with them. It writes the stream records as DynamoDB
 * does, with the service as the one who removed. Throws when it does not answer within a minute.
 */
export async function sweepExpired(binary: string, dbPath: string): Promise<number> {
  const server = spawn(binary, ['mcp', '--db-path', dbPath], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {},
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  const closed = new Promise((resolve) => server.once('close', resolve));
  let failure: unknown;
  server.once('error', (error) => (failure = error));
  server.stdin.on('error', () => undefined);
  for (const message of CONVERSATION) server.stdin.write(`${JSON.stringify(message)}\n`);
  try {
    for await (const line of createInterface({ input: server.stdout })) {
      const deleted = deletedIn(JSON.parse(line));
      if (deleted !== undefined) return deleted;
    }
    throw new Error('The sweep of expired items ended without an answer.', { cause: failure });
  } finally {
    server.stdin.end();
    await closed;
  }
}

const CONVERSATION = [
  {
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: {
      protocolVersion: '2025-03-26',
      capabilities: {},
      clientInfo: { name: 'sensorflow', version: '1' },
    },
  },
  { jsonrpc: '2.0', method: 'notifications/initialized' },
  {
    jsonrpc: '2.0',
    id: SWEEP_ID,
    method: 'tools/call',
    params: { name: 'sweep_ttl', arguments: {} },
  },
];

/** Undefined for an answer to something else. */
function deletedIn(answer: unknown): number | undefined {
  if (member(answer, 'id') !== SWEEP_ID) return undefined;
  const result = member(answer, 'result');
  const text = member(member(member(result, 'content'), '0'), 'text');
  const deleted: unknown =
    typeof text === 'string' && member(result, 'isError') !== true
      ? member(JSON.parse(text), 'items_deleted')
      : undefined;
  if (typeof deleted === 'number') return deleted;
  throw new Error(`The sweep of expired items failed: ${JSON.stringify(answer)}`);
}
