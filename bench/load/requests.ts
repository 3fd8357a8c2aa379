import type { BatchShape } from '../plan.ts';

/** Makes a connection's next request; the bytes may be reused once it is answered. */
export type NextRequest = () => Buffer;

const CLOCK_TEXT = '00:00:00.000';
const DAY_MS = 86_400_000;
const FIRST_DAY_EPOCH_MS = Date.parse('2023-01-01T00:00:00Z');
/** Some callers send their own offset: the product takes another path for it. */
const OFFSETS = ['Z', 'Z', 'Z', '-05:00'];

/** The requests of one measurement: no two readings of it, or of another, have the same key. */
export class Requests {
  private readonly tokens: readonly string[];
  private readonly host: string;
  private day = 0;

  constructor(tokens: readonly string[], host: string) {
    this.tokens = tokens;
    this.host = host;
  }

  /** For another measurement: its readings lie on a day of their own. */
  nextDay(): void {
    this.day += 1;
  }

  single(connection: number): NextRequest {
    const reading = this.readingText(`EQ-${connection}`, connection);
    return this.repeating('/sensor-data', reading, connection);
  }

  /** In order of time. A connection's next batch goes on where its last one ended. */
  batch(connection: number, { equipment, readingsOfEach }: BatchShape): NextRequest {
    const readings = Array.from({ length: equipment * readingsOfEach }, (_, index) =>
      this.readingText(`EQ-${connection}-${index % equipment}`, index % equipment),
    );
    const body = `[${readings.join(',')}]`;
    return this.repeating('/sensor-data/batch', body, connection, readingsOfEach);
  }

  /** The call to the store that a single reading would be without any server before it. */
  put(connection: number): NextRequest {
    const at = `${this.dayText()}T${CLOCK_TEXT}Z`;
    const item = {
      equipmentId: { S: `EQ-${connection}` },
      timestamp: { S: at },
      value: { N: '23.33' },
    };
    const body = JSON.stringify({ TableName: 'bench-readings', Item: item });
    const head =
      `POST / HTTP/1.1\r\nHost: ${this.host}\r\nX-Amz-Target: DynamoDB_20120810.PutItem\r\n` +
      `Content-Type: application/x-amz-json-1.0\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
    return withRisingClock(head, body, 1);
  }

  private readingText(equipmentId: string, index: number): string {
    const timestamp = `${this.dayText()}T${CLOCK_TEXT}${OFFSETS[index % OFFSETS.length] ?? 'Z'}`;
    return JSON.stringify({ equipmentId, timestamp, value: 20 + (index % 8000) / 100 });
  }

  private dayText(): string {
    return new Date(FIRST_DAY_EPOCH_MS + this.day * DAY_MS).toISOString().slice(0, 10);
  }

  private repeating(path: string, body: string, connection: number, instants = 1): NextRequest {
    const token = this.tokens[connection % this.tokens.length] ?? '';
    const head =
      `POST ${path} HTTP/1.1\r\nHost: ${this.host}\r\nAuthorization: Bearer ${token}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
    return withRisingClock(head, body, instants);
  }
}

/**
 * The clocks in the body are rewritten for each request. One instant: the next request's is a millisecond
 * later. Several, of which each has as many clocks: all of them are a second apart.
 */
function withRisingClock(head: string, body: string, instants: number): NextRequest {
  const bytes = Buffer.from(head + body, 'latin1');
  const places = clockPlaces(bytes, head.length);
  const ofEach = places.length / instants;
  let sent = 0;
  return () => {
    for (let instant = 0; instant < instants; instant += 1) {
      const clock = clockText(instants === 1 ? sent : instantMs(sent * instants + instant));
      for (let index = instant * ofEach; index < (instant + 1) * ofEach; index += 1) {
        bytes.write(clock, places[index] ?? 0, 'latin1');
      }
    }
    sent += 1;
    return bytes;
  };
}

const DAY_SECONDS = 86_400;

/** A second after the last, and when the day is over the same again, a millisecond later. */
function instantMs(count: number): number {
  return (count % DAY_SECONDS) * 1000 + Math.floor(count / DAY_SECONDS);
}

function clockPlaces(bytes: Buffer, start: number): readonly number[] {
  const places: number[] = [];
  for (let at = bytes.indexOf(CLOCK_TEXT, start); at >= 0; at = bytes.indexOf(CLOCK_TEXT, at + 1)) {
    places.push(at);
  }
  return places;
}

function clockText(sinceMidnightMs: number): string {
  const milliseconds = sinceMidnightMs % DAY_MS;
  const seconds = Math.floor(milliseconds / 1000);
  const minutes = Math.floor(seconds / 60);
  return (
    `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}:${two(seconds % 60)}.` +
    String(milliseconds % 1000).padStart(3, '0')
  );
}

function two(figure: number): string {
  return figure < 10 ? `0${figure}` : String(figure);
}
