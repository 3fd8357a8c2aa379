import { once } from 'node:events';
import { connect } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
}

/** Sends bytes as they are, and reads until the other side closes. Answers come in order. */
export async function sendRaw(baseUrl: string, text: string): Promise<readonly RawAnswer[]> {
  const socket = connect(Number(new URL(baseUrl).port), '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => undefined);
  socket.write(text);
  await once(socket, 'close');
  return answersIn(Buffer.concat(chunks).toString());
}

function answersIn(received: string): readonly RawAnswer[] {
  const answers = received.split(/(?=HTTP\/1\.1 \d{3} )/);
  return answers.filter((answer) => answer !== '').map(answerIn);
}

function answerIn(received: string): RawAnswer {
  const [head = '', text = ''] = received.split('\r\n\r\n', 2);
  const [statusLine = '', ...lines] = head.split('\r\n');
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  return { status: Number(statusLine.split(' ')[1]), headers: new Map(headers), text };
}
