// Starts a function, leaves an invocation under way and waits to be killed. Argument: module path.
import { FunctionProcess } from '../../../dist/apps/local/src/lambda/function-worker.js';

const [, , modulePath] = process.argv;
const functions = new FunctionProcess({ environment: {}, log: () => undefined });
const worker = functions.newWorker({ name: 'held', modulePath });
const { result } = await worker.invoke({}, 30);
void worker.invoke({ behaviour: 'hang' }, 600);
process.stdout.write(`${JSON.stringify({ pid: result.pid })}\n`);
