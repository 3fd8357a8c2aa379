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

  batch(connection: number, size: number): NextRequest {
    const readings = Array.from({ length: size }, (_, index) =>
      this.readingText(`EQ-${connection}-${index}`, index),
    );
    return this.repeating('/sensor-data/batch', `[${readings.join(',')}]`, connection);
  }

  private readingText(equipmentId: string, index: number): string {
    const day = new Date(FIRST_DAY_EPOCH_MS + this.day * DAY_MS).toISOString().slice(0, 10);
    const timestamp = `${day}T${CLOCK_TEXT}${OFFSETS[index % OFFSETS.length] ?? 'Z'}`;
    return JSON.stringify({ equipmentId, timestamp, value: 20 + (index % 8000) / 100 });
  }

  private repeating(path: string, body: string, connection: number): NextRequest {
    const token = this.tokens[connection % this.tokens.length] ?? '';
    const head =
      `POST ${path} HTTP/1.1\r\nHost: ${this.host}\r\nAuthorization: Bearer ${token}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
    const bytes = Buffer.from(head + body, 'latin1');
    const places = clockPlaces(bytes, head.length);
    let milliseconds = 0;
    return () => {
      const clock = clockText(milliseconds % DAY_MS);
      milliseconds += 1;
      for (const place of places) bytes.write(clock, place, 'latin1');
      return bytes;
    };
  }
}

function clockPlaces(bytes: Buffer, start: number): readonly number[] {
  const places: number[] = [];
  for (let at = bytes.indexOf(CLOCK_TEXT, start); at >= 0; at = bytes.indexOf(CLOCK_TEXT, at + 1)) {
    places.push(at);
  }
  return places;
}

function clockText(milliseconds: number): string {
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
