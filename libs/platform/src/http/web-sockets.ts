import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ServerResponse, type IncomingMessage, type Server } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';

/** Where they are; a request for another path that asks for an upgrade is answered as if it did not. */
const PATHS = '/ws/';
/** Clients have nothing to say but that they are there. */
const MAX_MESSAGE_BYTES = 4096;

export interface OpenWebSocket {
  readonly webSocket: WebSocket;
  /** What it runs over: says when the client takes no more. */
  readonly connection: Duplex;
}

interface Upgrade {
  readonly connection: Socket;
  readonly head: Buffer;
}

const upgrades = new WeakMap<IncomingMessage, Upgrade>();
const handshakes = new WebSocketServer({
  noServer: true,
  clientTracking: false,
  maxPayload: MAX_MESSAGE_BYTES,
  perMessageDeflate: false,
});

/** Whether a request asks for a WebSocket where there can be one. */
export function isWebSocketHandshake({ method, url, headers }: IncomingMessage): boolean {
  const isAsked = headers.upgrade?.toLowerCase() === 'websocket';
  return isAsked && method === 'GET' && url?.startsWith(PATHS) === true;
}

/**
 * Sends handshakes through the server's routes and hooks, so that they are refused as other requests are.
 *
 * @param listener where they arrive
 */
export function routeWebSockets(server: FastifyInstance, listener: Server = server.server): void {
  listener.on('upgrade', (request: IncomingMessage, connection: Duplex, head: Buffer) => {
    // Node has let go of the connection: nobody else hears its errors, and unheard ones end the process.
    connection.on('error', () => connection.destroy());
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    if (!(connection instanceof Socket) || !isAssigned(response, connection)) {
      connection.destroy();
      return;
    }
    response.once('finish', () => connection.destroySoon());
    upgrades.set(request, { connection, head });
    server.routing(request, response);
  });
}

/** False while a request before it on the connection is not answered: no client of WebSockets sends one. */
function isAssigned(response: ServerResponse, connection: Socket): boolean {
  try {
    response.assignSocket(connection);
    return true;
  } catch {
    return false;
  }
}

export function asksForWebSocket({ raw }: FastifyRequest): boolean {
  return upgrades.has(raw);
}

/**
 * Answers the handshake of a request that asks for one; from here on the connection is the WebSocket's. Undefined
 * when the handshake is faulty, which is answered, or its client has gone.
 */
export function openWebSocket(
  request: FastifyRequest,
  reply: FastifyReply,
): OpenWebSocket | undefined {
  const upgrade = upgrades.get(request.raw);
  if (!upgrade) throw new Error('the request asks for no WebSocket');
  const { connection, head } = upgrade;
  upgrades.delete(request.raw);
  reply.hijack();
  reply.raw.detachSocket(connection);
  let opened: WebSocket | undefined;
  handshakes.handleUpgrade(request.raw, connection, head, (webSocket) => {
    opened = webSocket;
  });
  return opened && { webSocket: opened, connection };
}
