import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ApiClient, eventually, machineToken } from '../support/api-client.js';
import { ApiProcess } from '../support/api-process.js';
import { CipScreen } from '../support/cip-screen.js';
import { DeafClient } from '../support/deaf-client.js';
import { LiveClient } from '../support/live-client.js';
import { LocalStack } from '../support/local-stack.js';
import { randomFrom } from '../support/seeded-random.js';

const ROUNDS = process.env['SENSORFLOW_FAULTS'] === 'short' ? 1 : 3;
const MOST = 4;
/** A place that is not renewed is free after this time. */
const LEASE_MS = 60_000;

let stack: LocalStack;
let api: ApiClient;

beforeAll(async () => {
  stack = await LocalStack.start();
  const token = await machineToken(stack.announcement);
  api = (await ApiClient.connect(stack.announcement.baseUrl)).withToken(token);
});

afterAll(async () => {
  await stack.stopAndForget();
});

/** Live connections of one key to either process. */
class Connections {
  private readonly feeds: LiveClient[] = [];
  private readonly screens: CipScreen[] = [];

  constructor(private readonly key: string) {}

  /** Answers the status; a feed that is refused takes no place. */
  async openFeed(baseUrl: string): Promise<number | undefined> {
    const feed = new LiveClient({ 'x-api-key': this.key }, []);
    const { status } = await feed.connect(baseUrl);
    if (status === 200) this.feeds.push(feed);
    return status;
  }

  /** Whether it has a place shows later. */
  async openScreen(baseUrl: string): Promise<void> {
    this.screens.push(await CipScreen.connect(baseUrl, `?api-key=${this.key}`));
  }

  closeFeed(): void {
    this.feeds.shift()?.disconnect();
  }

  get open(): number {
    const feeds = this.feeds.filter(({ isConnected }) => isConnected);
    return feeds.length + this.screens.filter(({ isOpen }) => isOpen).length;
  }

  closeAll(): void {
    for (const feed of this.feeds.splice(0)) feed.disconnect();
    for (const screen of this.screens.splice(0)) screen.disconnect();
  }
}

async function newKey(maxConnections: number): Promise<string> {
  const wish = { name: 'wall', scopes: ['sensorflow/read'], maxConnections };
  const { status, body } = await api.post('/api-keys', wish);
  expect(status).toBe(201);
  return body.key;
}

/** The only connection of its key is that of a client that has vanished without a word. */
async function connectionsWithVanishedClient(baseUrl: string): Promise<Connections> {
  const key = await newKey(1);
  const request = `GET /sensor-data/live HTTP/1.1\r\nHost: x\r\nX-API-Key: ${key}\r\n\r\n`;
  const client = await DeafClient.start(Number(new URL(baseUrl).port), request);
  onTestFinished(() => client.stop());
  return new Connections(key);
}

describe('places of live connections that a killed process held', () => {
  it.each(Array.from({ length: ROUNDS }, (_, round) => round))(
    'are not given away before their lease has ended, and all come back then: round %i',
    async (round) => {
      const random = randomFrom(20261130 + round);
      const here = stack.announcement.baseUrl;
      const doomed = await ApiProcess.start(stack.announcement, stack.dataDir);
      const connections = new Connections(await newKey(MOST));
      const ofVanished = await connectionsWithVanishedClient(here);
      expect(await ofVanished.openFeed(here)).toBe(429);
      await eventually(
        async () => connections.openFeed(doomed.baseUrl),
        // The other process does not know the key at once.
        (status) => status === 200,
      );
      await connections.openScreen(doomed.baseUrl);
      for (let tick = 0; tick < 20; tick += 1) {
        await connections.openFeed(random() < 0.5 ? here : doomed.baseUrl);
        if (random() < 0.5) connections.closeFeed();
        // A screen is connected a moment before it is counted.
        await delay(100);
        expect(connections.open).toBeLessThanOrEqual(MOST);
      }
      await eventually(
        async () => {
          if (connections.open < MOST) await connections.openFeed(doomed.baseUrl);
          return connections.open;
        },
        (open) => open === MOST,
      );

      doomed.child.kill('SIGKILL');
      const killedAt = performance.now();
      expect(await doomed.exit()).toBe('SIGKILL');
      await eventually(
        async () => connections.open,
        (open) => open < MOST,
      );
      expect(await connections.openFeed(here)).toBe(429);

      const status = await eventually(
        async () => connections.openFeed(here),
        (answer) => answer === 200,
        2 * LEASE_MS,
        1000,
      );
      expect(status).toBe(200);
      const freeAfterMs = performance.now() - killedAt;
      // The last renewal was up to 15 s before the kill.
      expect(freeAfterMs).toBeGreaterThan(LEASE_MS - 20_000);
      expect(freeAfterMs).toBeLessThan(LEASE_MS + 20_000);
      await eventually(
        async () => {
          if (connections.open < MOST) await connections.openFeed(here);
          return connections.open;
        },
        (open) => open === MOST,
        LEASE_MS,
        500,
      );
      expect(await connections.openFeed(here)).toBe(429);
      connections.closeAll();
      // TCP alone would try for a quarter of an hour.
      await eventually(
        async () => ofVanished.openFeed(here),
        (answer) => answer === 200,
        LEASE_MS,
        500,
      );
      ofVanished.closeAll();
    },
  );
});
