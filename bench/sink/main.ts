import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { parseArgs } from 'node:util';
import { callNameOf } from './call-name.ts';
import { control } from './control.ts';
import { changedSettings } from './sink-settings.ts';
import { Sink, type SinkAnswer } from './sink.ts';

/** DynamoDB's stand-in as a process: `npx node bench/sink/main.ts --port 8000 --settings '{"latencyMs":4}'`. */
const { values: options } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    settings: { type: 'string', default: '{}' },
  },
});

const UNKNOWN_CALL: SinkAnswer = {
  status: 400,
  body: '{"__type":"com.amazon.coral.service#UnknownOperationException"}',
};

const sink = new Sink();
sink.settings = changedSettings(sink.settings, JSON.parse(options.settings));
sink.counters.reset(sink.settings.watchKeys);

function handle(request: IncomingMessage, body: Buffer, response: ServerResponse): void {
  const { url = '/' } = request;
  if (url.startsWith('/control/')) return send(response, control(sink, url, body));
  const name = callNameOf(request.headers['x-amz-target']);
  if (name === undefined) return send(response, UNKNOWN_CALL);
  return sink.take(name, body, (answer) => send(response, answer));
}

function send(response: ServerResponse, { status, body }: SinkAnswer): void {
  response.writeHead(status, [
    'content-type',
    'application/x-amz-json-1.0',
    'content-length',
    String(Buffer.byteLength(body)),
  ]);
  response.end(body);
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
  });
  request.on('end', () => {
    const [only] = chunks;
    handle(request, only && chunks.length === 1 ? only : Buffer.concat(chunks), response);
  });
});
server.keepAliveTimeout = 0;
server.requestTimeout = 0;
server.listen(Number(options.port), '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify(server.address())}\n`);
});
