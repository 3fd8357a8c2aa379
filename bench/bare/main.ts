import { createServer } from 'node:http';
import { parseArgs } from 'node:util';

/** The least that Node can do: read the body, parse the JSON, answer with it. */
const { values: options } = parseArgs({ options: { port: { type: 'string', default: '0' } } });

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
  });
  request.on('end', () => {
    const text = chunks.length === 0 ? '{}' : Buffer.concat(chunks).toString('utf8');
    const answer = JSON.stringify(JSON.parse(text));
    response.writeHead(201, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(answer),
    });
    response.end(answer);
  });
});
server.keepAliveTimeout = 75_000;
server.listen(Number(options.port), '127.0.0.1');
