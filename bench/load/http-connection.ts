import { connect, type Socket } from 'node:net';

const HEAD_END = '\r\n\r\n';
const LAST_CHUNK = '0\r\n\r\n';
const MAX_ANSWER_BYTES = 1024 * 1024;

/** Status 0, and no text: the connection broke before an answer came. */
export type OnAnswer = (connection: HttpConnection, status: number, text: string) => void;

/**
 * One kept-alive HTTP/1.1 connection with one request at a time, on a bare socket: the generator
 * shares two cores with what it measures, and Node's own client costs as much as a small server.
 */
export class HttpConnection {
  private readonly port: number;
  private readonly onAnswer: OnAnswer;
  private socket: Socket | undefined;
  private received = '';
  private waits = false;
  /** Connections that the server ended, and that were opened again. */
  reopened = 0;

  constructor(port: number, onAnswer: OnAnswer) {
    this.port = port;
    this.onAnswer = onAnswer;
  }

  send(request: Buffer): void {
    this.waits = true;
    this.socket ??= this.open();
    this.socket.write(request);
  }

  close(): void {
    this.waits = false;
    this.socket?.destroy();
    this.socket = undefined;
  }

  private open(): Socket {
    const buffer = Buffer.allocUnsafe(64 * 1024);
    const socket = connect({
      port: this.port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer,
        callback: (size) => {
          this.read(buffer.toString('latin1', 0, size));
          return true;
        },
      },
    });
    socket.on('error', () => undefined);
    socket.on('close', () => this.lost(socket));
    return socket;
  }

  private lost(socket: Socket): void {
    if (this.socket !== socket) return;
    this.socket = undefined;
    this.received = '';
    this.reopened += 1;
    if (this.waits) this.finish(0, '');
  }

  private read(text: string): void {
    this.received = this.received === '' ? text : this.received + text;
    if (isComplete(this.received)) {
      const answer = this.received;
      this.received = '';
      this.finish(Number(answer.slice(9, 12)), answer);
    } else if (this.received.length > MAX_ANSWER_BYTES) this.socket?.destroy();
  }

  private finish(status: number, text: string): void {
    this.waits = false;
    this.onAnswer(this, status, text);
  }
}

function isComplete(answer: string): boolean {
  const headEnd = answer.indexOf(HEAD_END);
  if (headEnd < 0) return false;
  const length = /\r\ncontent-length: *(\d+)/i.exec(answer)?.[1];
  if (length === undefined) return answer.endsWith(LAST_CHUNK);
  return answer.length >= headEnd + HEAD_END.length + Number(length);
}
