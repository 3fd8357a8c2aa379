import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HttpConnection } from '../../../bench/load/http-connection.ts';
import { expectFairness, LITTLE, SMALL_BATCH, type Hostile } from '../../support/bystander.js';
import { LocalStack } from '../../support/local-stack.js';
import { StackCallers } from '../../support/stack-callers.js';

const SMALL_READS = 500;
/** Together one and a half times what the API holds of large bodies, and of small ones. */
const SLOW_BODIES = [
  { what: 'large', count: 96, bytes: 1024 * 1024 },
  { what: 'small', count: 1000, bytes: 48 * 1024 },
];

let stack: LocalStack;
let callers: StackCallers;

beforeAll(async () => {
  stack = await LocalStack.start();
  callers = await StackCallers.of(stack);
});

afterAll(async () => {
  await stack.stopAndForget();
});

/** One machine that keeps so many requests under way, each on a connection of its own. */
function machineWith(count: number, name: string, head: string, body: Buffer): Hostile {
  const token = callers.tokenOf(name);
  const headers = ['Host: 127.0.0.1', `Authorization: Bearer ${token}`];
  const lines = [head, ...headers, 'Content-Type: application/json', '', ''].join('\r\n');
  const request = Buffer.concat([Buffer.from(lines), body]);
  return async (isOver) => {
    const statuses: number[] = [];
    const connections = Array.from({ length: count }, () => {
      const connection = new HttpConnection(stack.port, (_, status) => {
        statuses.push(status);
        if (!isOver()) connection.send(request);
      });
      connection.send(request);
      return connection;
    });
    while (!isOver()) await delay(50);
    for (const connection of connections) connection.close();
    return statuses;
  };
}

describe('a caller beside an attack', () => {
  it(`is answered while one machine keeps ${SMALL_READS} small reads under way`, async () => {
    const head = 'GET /sensor-data/EQ-SMALL/latest HTTP/1.1';
    const reader = machineWith(SMALL_READS, 'reader', head, Buffer.alloc(0));

    const met = await expectFairness(callers, `${SMALL_READS} small reads`, [reader]);

    expect(met).toContain(200);
  });

  it.each(SLOW_BODIES)(
    'is answered while one machine sends $count slow bodies that are $what',
    async ({ what, count, bytes }) => {
      // All arrives but the last byte; where a body is refused, another one follows.
      const head = `POST /sensor-data/batch HTTP/1.1\r\nContent-Length: ${bytes + 1}`;
      const sender = machineWith(count, `sender of ${what}`, head, Buffer.alloc(bytes, '['));

      const requests = [...LITTLE, SMALL_BATCH];
      const met = await expectFairness(callers, `${count} slow bodies`, [sender], requests);

      expect(met).toContain(503);
    },
  );
});
