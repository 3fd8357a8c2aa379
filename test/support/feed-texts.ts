import { publishBlocks } from '@sensorflow/live';
import { SnsChangePublisher } from '@sensorflow/live/sns/sns-change-publisher.js';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { EmbeddedTopic } from './embedded-topic.js';
import { OTHER, OWN } from './equipment-rows.js';

const STAMP = '0000h2m5k1gabcdefghij';
const WITHIN_MS = 10_000;

interface FeedText {
  readonly status: number;
  /** Of a feed, all that came until the first reading. */
  readonly text: string;
}

let published = 0;

/** A reading of each equipment, in one message; the own one last. The topic would take the same message once. */
async function publishReadings({ sns, topicArn }: EmbeddedTopic): Promise<void> {
  published += 1;
  const columns = new Map([['temperature', String(published)]]);
  const key = `2026-11-30T08#s#12:18#${STAMP}`;
  const blocks = [OTHER, OWN].map((equipmentId) => ({ equipmentId, key, columns }));
  const { error } = await publishBlocks(blocks, new SnsChangePublisher(sns, topicArn));
  if (error !== undefined) throw error;
}

/** What arrives up to its first reading; a feed gets nothing before it is counted. */
async function untilReading(topic: EmbeddedTopic, textSoFar: () => string): Promise<string> {
  const deadline = performance.now() + WITHIN_MS;
  while (!textSoFar().includes('"temperature"') && performance.now() < deadline) {
    await publishReadings(topic);
    await delay(50);
  }
  return textSoFar();
}

/** What a feed of server-sent events says of readings of both equipment, or how it is refused. */
export async function feedText(
  url: string,
  headers: Record<string, string>,
  topic: EmbeddedTopic,
): Promise<FeedText> {
  const request = get(url, { agent: false, headers });
  const [response]: IncomingMessage[] = await once(request, 'response');
  if (!response) throw new Error('no answer');
  let text = '';
  response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const { statusCode: status = 0 } = response;
  if (status === 200) await untilReading(topic, () => text);
  else await once(response, 'end');
  response.destroy();
  return { status, text };
}

/** The same of the WebSocket. */
export async function screenText(
  url: string,
  headers: Record<string, string>,
  topic: EmbeddedTopic,
): Promise<FeedText> {
  const webSocket = new WebSocket(url.replace('http', 'ws'), { headers });
  let text = '';
  webSocket.on('message', (data: Buffer) => (text += data.toString()));
  await once(webSocket, 'open');
  await untilReading(topic, () => text);
  webSocket.terminate();
  return { status: 101, text };
}
