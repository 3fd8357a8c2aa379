import { Agent, request } from 'node:http';

export const CLIENTS = 16;

interface Outcome {
  readonly status: number | string;
  readonly closes: boolean;
}

/**
 * Clients that send readings over kept-alive connections until an answer says that theirs ends, as those of a load
 * balancer do. Answers every status, or what went wrong in words.
 */
export async function sendUntilClosed(
  baseUrl: string,
  token: string,
): Promise<readonly Outcome['status'][]> {
  const clients = Array.from({ length: CLIENTS }, async (_, first) =>
    client(baseUrl, token, first),
  );
  return (await Promise.all(clients)).flat();
}

async function client(baseUrl: string, token: string, first: number): Promise<Outcome['status'][]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const statuses: Outcome['status'][] = [];
  for (let index = first; ; index += CLIENTS) {
    const { status, closes } = await send(baseUrl, token, agent, index);
    statuses.push(status);
    if (closes) break;
  }
  agent.destroy();
  return statuses;
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
