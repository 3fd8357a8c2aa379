import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** Listens in a store's place and answers nothing by itself: the test does, request by request. */
export class HeldStore {
  readonly host = '127.0.0.1';
  /** Of all requests so far, in the order of their arrival; each differs. */
  readonly bodies: string[] = [];
  private readonly arrivals = new Map<string, PromiseWithResolvers<ServerResponse>>();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<HeldStore> {
    const server = createServer();
    const store = new HeldStore(server);
    server.on('request', (request, response) => void store.hold(request, response));
    server.listen(0, store.host);
    await once(server, 'listening');
    return store;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Resolves once a request with this body is there, with its answer, to which nothing is written yet. */
  async received(body: string): Promise<ServerResponse> {
    return this.arrival(body).promise;
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private async hold(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    this.bodies.push(body);
    this.arrival(body).resolve(response);
  }

  private arrival(body: string): PromiseWithResolvers<ServerResponse> {
    const arrival = this.arrivals.get(body) ?? Promise.withResolvers<ServerResponse>();
    this.arrivals.set(body, arrival);
    return arrival;
  }
}
