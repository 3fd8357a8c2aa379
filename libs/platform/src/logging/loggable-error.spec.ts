import { GetItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CognitoIdentityProviderServiceException } from '@aws-sdk/client-cognito-identity-provider';
import { DomainError } from '@sensorflow/kernel';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { errorNames, loggableError } from './loggable-error.js';
import { createLogger } from './logger.js';
import { NestLogger } from './nest-logger.js';
import { throwingNames } from './throwing-names.js';

const SECRET = 'ada_s3cret';

/** As frames stand in a stack. */
const FRAMES = `\n    at ${SECRET} (file:///app/main.js:1:2)\n    at file:///${SECRET}:3:4`;

const OWN_FRAMES =
  '\n    at f (file:///a.js:1:2)\n    at async Promise.g (node:b:3:4)\n    at /c.js:5:6';

/** After its stack was made, which V8 does when it is first asked for. */
function changed(error: Error, members: object): Error {
  expect(error.stack).toContain(error.message);
  return Object.assign(error, members);
}

function named(name: string): Error {
  class Named extends Error {
    override readonly name = name;
  }
  Object.defineProperty(Named.prototype, 'name', { value: name });
  return new Named('x');
}

function providerError(cause?: unknown): Error {
  const error = new CognitoIdentityProviderServiceException({
    name: 'CognitoIdentityProviderServiceException',
    $fault: 'client',
    message: `User ${SECRET} is disabled.\n    at ${SECRET}`,
    $metadata: { httpStatusCode: 400, requestId: '2f1c-77' },
  });
  // The SDK names an error by what the service answered.
  return Object.assign(error, {
    name: 'NotAuthorizedException',
    Item: { username: SECRET },
    ...(cause !== undefined && { cause }),
  });
}

function thrownBy(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

function linesOf(log: (logger: ReturnType<typeof createLogger>) => void): string {
  const lines: string[] = [];
  log(createLogger('trace', { write: (line) => lines.push(line) }));
  return lines.join('');
}

const SECRETIVE: readonly (readonly [string, unknown])[] = [
  ['an SDK error', providerError()],
  ['the cause of one', providerError(providerError())],
  [
    'the cause of our own error',
    new DomainError('unavailable', 'down', 'Try again.', { cause: providerError() }),
  ],
  [
    'the cause of a cause',
    new DomainError('unavailable', 'down', 'Try again.', {
      cause: new DomainError('unavailable', 'inner', 'Inner.', { cause: providerError() }),
    }),
  ],
  ['a list of errors', new AggregateError([providerError()], SECRET)],
  ['a message that looks like frames', new Error(`x${FRAMES}`)],
  ['one that was changed later', changed(new Error(`x${FRAMES}`), { message: 'y' })],
  ['one that was taken away', changed(new Error(`x${FRAMES}`), { message: '' })],
  ['a name that looks like frames', named(`x${FRAMES}`)],
  ['a stack that is none', changed(new Error('x'), { stack: `Error: x\n    at ${SECRET}` })],
  ['an error of the language', new SyntaxError(`Unexpected token in "${SECRET}"`)],
  ['an error with a strange name', Object.assign(new Error('x'), { name: `the ${SECRET}` })],
  ['a thrown text', SECRET],
];

describe('a log line of an error', () => {
  it.each(SECRETIVE)('never shows the text of %s', (_name, error) => {
    const text = linesOf((logger) => {
      logger.error({ err: error }, 'failed');
      logger.error({ err: error });
      if (error instanceof Error) logger.error(error);
      logger.child({}).warn({ err: error }, 'failed');
      const nest = new NestLogger(logger);
      if (error instanceof Error) nest.error(error, 'Context');
      if (error instanceof Error) nest.warn(error, 'Context');
      if (error instanceof Error) nest.fatal(error, 'Context');
      logger.warn(`it failed: ${errorNames(error)}`);
    });

    expect(text).not.toContain(SECRET);
    expect(text.split('\n').length).toBeGreaterThan(3);
  });

  it('names an SDK error, its status and its request', () => {
    const line = JSON.parse(linesOf((logger) => logger.warn({ err: providerError() }, 'failed')));

    expect(line).toMatchObject({
      msg: 'failed',
      err: { type: 'NotAuthorizedException', status: 400, requestId: '2f1c-77' },
    });
    expect(line.err.stack).toMatch(/^ +at /);
  });

  it.each([
    ['of several lines', new Error('one\n    at two\nthree')],
    ['that is empty', Object.assign(new Error(), { stack: `Error${OWN_FRAMES}` })],
    ['that is in the name', new Error('E')],
    ['of the language', thrownBy(() => JSON.parse('{'))],
    ['of Node', thrownBy(() => Buffer.alloc(-1))],
  ])('keeps the frames behind a message %s', (_, error) => {
    const frames = loggableError(error).stack?.split('\n') ?? [];

    expect(frames.length).toBeGreaterThan(2);
    for (const frame of frames) expect(frame).toMatch(/^ {4}at .*(?:file:|node:|\/).*:\d+:\d+\)?$/);
  });

  it('keeps the text of our own errors', () => {
    const error = new DomainError('unavailable', 'down', 'Try again.', { cause: providerError() });

    expect(loggableError(error)).toMatchObject({
      type: 'DomainError',
      kind: 'unavailable',
      code: 'down',
      message: 'Try again.',
      cause: { type: 'NotAuthorizedException', status: 400 },
    });
    expect(errorNames(error)).toBe('DomainError down < NotAuthorizedException (400) [2f1c-77]');
  });

  it('ends for errors that cause each other', () => {
    const first = new Error('first');
    first.cause = new Error('second', { cause: first });

    expect(JSON.stringify(loggableError(first)).length).toBeLessThan(20_000);
  });

  it('hides what a real client makes of a real refusal', async () => {
    const server = createServer((request, response) => {
      request.resume();
      const body = { __type: 'ValidationException', message: `The item ${SECRET} is wrong` };
      response.writeHead(400, { 'x-amzn-requestid': 'R-1' }).end(JSON.stringify(body));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const client = new DynamoDBClient({
      endpoint: `http://127.0.0.1:${port}`,
      region: 'local',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      maxAttempts: 1,
    });
    const command = new GetItemCommand({ TableName: 'table', Key: { key: { S: SECRET } } });

    const error: unknown = await client.send(command).catch((refusal: unknown) => refusal);
    client.destroy();
    server.close();

    expect(String(error)).toContain(SECRET);
    const text = linesOf((logger) => logger.warn({ err: error }, 'failed'));
    expect(text).not.toContain(SECRET);
    expect(JSON.parse(text).err).toMatchObject({ type: 'ValidationException', status: 400 });
  });
});

describe('an error that leaves a Lambda function', () => {
  it.each(SECRETIVE)('never shows the text of %s', async (_name, error) => {
    const handler = throwingNames(async (event: string) => {
      if (event === 'fails') throw error;
      return event;
    });

    const thrown: unknown = await handler('fails').catch((fault: unknown) => fault);

    expect(await handler('event')).toBe('event');
    expect(inspect(thrown, { depth: 10 })).not.toContain(SECRET);
    expect(thrown).toBeInstanceOf(Error);
  });

  it('is told by its names', async () => {
    const handler = throwingNames(() => Promise.reject(providerError()));

    await expect(handler()).rejects.toThrow('NotAuthorizedException (400) [2f1c-77]');
  });
});
