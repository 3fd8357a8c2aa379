import { Server as Listener } from 'node:net';
import type { Credentials } from '../aws-signature/verify-signature.js';
import { unguessableHost } from './private-network.js';
import { startSignedStore } from './signed-store.js';
import { startDynoxide } from './start-dynoxide.js';

/** What the supervisor tells this process, together with the socket that callers reach. */
export interface StoreOrder {
  readonly binary: string;
  readonly dbPath: string;
  readonly region: string;
  readonly credentials: Credentials;
}

export type StoreReport = { readonly isReady: true } | { readonly failure: string };

/**
 * The program that holds dynoxide and its only way in, so that both can have a network to themselves. It
 * ends when dynoxide does, and both end when the supervisor has gone or hangs up.
 */
process.once('message', (order: StoreOrder, listener) => {
  start(order, listener).then(
    () => report({ isReady: true }),
    (error: unknown) => {
      report({ failure: error instanceof Error ? error.message : String(error) });
      process.disconnect();
    },
  );
});
let stop = async (): Promise<void> => undefined;
process.once('disconnect', () => void stop().finally(() => process.exit()));

async function start(order: StoreOrder, listener: unknown): Promise<void> {
  if (!(listener instanceof Listener)) throw new Error('The store was given no socket.');
  // Until the gateway takes over; it then gets the connections in place of this.
  listener.on('connection', (socket) => socket.destroy());
  const { binary, dbPath, region, credentials } = order;
  const host = unguessableHost();
  const log = (line: unknown): void => void process.stdout.write(`${String(line)}\n`);
  const dynoxide = await startDynoxide({ binary, dbPath, port: 0, host, log });
  stop = () => dynoxide.stop();
  void dynoxide.exited.then(() => process.exit());
  const store = { host, port: dynoxide.port };
  const gateway = await startSignedStore({
    on: listener,
    region,
    credentials,
    store,
    onFault: log,
  });
  stop = async () => {
    await gateway.close();
    await dynoxide.stop();
  };
}

function report(what: StoreReport): void {
  process.send?.(what);
}
