import { once } from 'node:events';
import { connect } from 'node:net';

/** Firmware reads so many bytes of an answer, once, and nothing more. */
const RECEIVED_BYTES = 511;

export interface DeviceRequest {
  readonly path: string;
  /** The whole header line, as the firmware of that version writes it; none for firmware without a key. */
  readonly keyHeader?: string;
  /** As it is printed into a buffer, number by number. */
  readonly body: string;
}

export interface DeviceOutcome {
  /** Whether the firmware takes its measurement for stored. */
  readonly isStored: boolean;
  /** What it has received, at most 511 bytes. */
  readonly received: string;
}

/**
 * A device of the earlier service: a Pico W on a raw socket, as its firmware writes byte for byte: plain HTTP/1.1,
 * `Connection: close`, no timestamp, one receive of at most 511 bytes in which the words of success must stand.
 */
export async function sendAsDevice(
  baseUrl: string,
  { path, keyHeader, body }: DeviceRequest,
): Promise<DeviceOutcome> {
  const { hostname, port } = new URL(baseUrl);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  const lines = [
    `POST ${path} HTTP/1.1`,
    `Host: ${hostname}:${port}`,
    'Content-Type: application/json',
    ...(keyHeader === undefined ? [] : [keyHeader]),
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
  const [chunk]: Buffer[] = await once(socket, 'data');
  socket.destroy();
  const received = chunk?.subarray(0, RECEIVED_BYTES).toString('latin1') ?? '';
  const isStored =
    received.includes('HTTP/1.1 200 OK') || received.includes('HTTP/1.1 201 Created');
  return { isStored, received };
}
