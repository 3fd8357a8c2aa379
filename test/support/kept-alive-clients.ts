import { Agent, request } from 'node:http';
import { eventually } from './api-client.js';

const CLIENTS = 16;

interface Outcome {
  readonly status: number | string;
  readonly closes: boolean;
}

/**
 * Clients that send readings over kept-alive connections until an answer says that theirs ends, as those of a load
 * balancer do.
 */
export class KeptAliveClients {
  /** Every status so far, or what went wrong in words. */
  readonly statuses: Outcome['status'][] = [];
  /** Resolves when all connections have ended. */
  readonly ended: Promise<unknown>;

  constructor(
    private readonly baseUrl: string,
    private readonly token: string,
  ) {
    this.ended = Promise.all(Array.from({ length: CLIENTS }, async (_, first) => this.send(first)));
  }

  /** Resolves when some connection has served more than one request. */
  async areKeptAlive(): Promise<void> {
    await eventually(
      async () => this.statuses.length,
      (answers) => answers > CLIENTS,
    );
  }

  private async send(first: number): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let index = first; ; index += CLIENTS) {
      const { status, closes } = await send(this.baseUrl, this.token, agent, index);
      this.statuses.push(status);
      if (closes) break;
    }
    agent.destroy();
  }
}

function send(baseUrl: string, token: string, agent: Agent, index: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const body = JSON.stringify({
      equipmentId: `EQ-DRAIN-${index % 50}`,
      timestamp: new Date(Date.parse('2023-02-15T00:00:00Z') + index * 1000).toISOString(),
      value: index,
    });
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const outgoing = request(`${baseUrl}/sensor-data`, { method: 'POST', agent, headers });
    outgoing.on('response', (answer) => {
      answer.resume().on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          closes: answer.headers.connection === 'close',
        }),
      );
    });
    outgoing.on('error', (error) => resolve({ status: error.message, closes: true }));
    outgoing.end(body);
  });
}
