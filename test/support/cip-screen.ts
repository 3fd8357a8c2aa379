import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';

/** A screen of the earlier service: listens to its WebSocket. */
export class CipScreen {
  readonly messages: any[] = [];
  /** Of a handshake that was refused. */
  status: number | undefined;
  refusal: any;
  closed: { readonly code: number; readonly reason: string } | undefined;

  private constructor(readonly webSocket: WebSocket) {
    webSocket.on('error', () => undefined);
    webSocket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) throw new Error('not a text frame');
      this.messages.push(JSON.parse(data.toString()));
    });
    webSocket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
    });
  }

  /** Resolves once the handshake is answered, one way or the other. */
  static async connect(
    baseUrl: string,
    query: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<CipScreen> {
    const url = `${baseUrl.replace('http', 'ws')}/ws/sensor_updates${query}`;
    const screen = new CipScreen(new WebSocket(url, { headers }));
    const { webSocket } = screen;
    await new Promise<void>((resolve) => {
      webSocket.once('open', () => resolve());
      webSocket.once('unexpected-response', (request, response) => {
        screen.status = response.statusCode;
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () => {
          screen.refusal = JSON.parse(text);
          request.destroy();
          resolve();
        });
      });
    });
    return screen;
  }

  get isOpen(): boolean {
    return this.webSocket.readyState === WebSocket.OPEN;
  }

  disconnect(): void {
    this.webSocket.terminate();
  }

  async until(isEnough: (screen: this) => boolean, withinMs = 10_000): Promise<void> {
    const deadline = performance.now() + withinMs;
    while (!isEnough(this)) {
      if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms`);
      await delay(10);
    }
  }
}
