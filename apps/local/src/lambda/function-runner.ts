import { pathToFileURL } from 'node:url';

// The child process of a FunctionProcess. Erasable syntax and no own imports, so that Node runs it uncompiled too.

/** What a handler may know of its invocation; the part of Lambda's context that SensorFlow uses. */
interface FunctionContext {
  readonly awsRequestId: string;
  readonly functionName: string;
  readonly functionVersion: string;
  getRemainingTimeInMillis(): number;
}

type Handler = (event: unknown, context: FunctionContext) => unknown;

interface Sandbox {
  readonly number: number;
  readonly name: string;
  readonly modulePath: string;
}

interface Invocation {
  readonly requestId: string;
  readonly sandbox: Sandbox;
  readonly event: unknown;
  readonly deadlineEpochMs: number;
}

/** An error as Lambda names it. */
class RuntimeError extends Error {
  readonly errorType: string;

  constructor(errorType: string, message: string) {
    super(message);
    this.errorType = errorType;
  }
}

/** By the number of their sandbox. */
const handlers = new Map<number, Promise<Handler>>();

/** A module's state is its address's: each sandbox has its own. What it imports, all share. */
async function loadHandler({ number, modulePath }: Sandbox): Promise<Handler> {
  const address = `${pathToFileURL(modulePath).href}?sandbox=${number}`;
  const module: unknown = await import(address).catch((error: unknown) => {
    throw new RuntimeError('Runtime.ImportModuleError', String(error));
  });
  const exported = propertyOf(module, 'handler');
  if (isHandler(exported)) return exported;
  throw new RuntimeError('Runtime.HandlerNotFound', `${modulePath} exports no function "handler"`);
}

async function answer({ requestId, sandbox, event, deadlineEpochMs }: Invocation): Promise<void> {
  const context: FunctionContext = {
    awsRequestId: requestId,
    functionName: sandbox.name,
    functionVersion: '$LATEST',
    getRemainingTimeInMillis: () => Math.max(0, deadlineEpochMs - Date.now()),
  };
  try {
    const handler = handlers.get(sandbox.number) ?? loadHandler(sandbox);
    handlers.set(sandbox.number, handler);
    const handle = await handler;
    const result: unknown = await handle(event, context);
    process.send?.({ requestId, ok: true, resultJson: asJson(result) });
  } catch (error) {
    const { errorType, errorMessage } = described(error);
    process.send?.({ requestId, ok: false, errorType, errorMessage });
  }
}

/** Nothing returned is null, as in Lambda. */
function asJson(result: unknown): string {
  try {
    return JSON.stringify(result ?? null) ?? 'null';
  } catch (error) {
    throw new RuntimeError('Runtime.MarshalError', String(error));
  }
}

function described(error: unknown): { errorType: string; errorMessage: string } {
  if (error instanceof RuntimeError) {
    return { errorType: error.errorType, errorMessage: error.message };
  }
  if (error instanceof Error) return { errorType: error.name, errorMessage: error.message };
  return { errorType: 'Error', errorMessage: String(error) };
}

function isHandler(value: unknown): value is Handler {
  return typeof value === 'function';
}

function propertyOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

process.on('message', (message: Invocation) => void answer(message));

// The parent has closed us or is dead: nobody would hear a result.
process.on('disconnect', () => process.exit(0));
