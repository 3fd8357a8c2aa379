// Behaves as its event asks, and says which process it is.
import { env } from 'node:process';

let invocations = 0;

export async function handler(event, context) {
  invocations += 1;
  switch (event.behaviour) {
    case 'throw':
      throw new RangeError('out of range');
    case 'hang':
      return new Promise(() => setInterval(() => undefined, 1000));
    case 'spin':
      for (;;);
    case 'exit':
      return process.exit(7);
    case 'circular': {
      const result = {};
      result.self = result;
      return result;
    }
    case 'print':
      process.stdout.write('first line\nsecond line\n');
      process.stderr.write('a warning\n');
      return null;
    case 'nothing':
      return undefined;
    case 'wait':
      await new Promise((resolve) => setTimeout(resolve, event.durationMs));
      return 'waited';
    default:
      return {
        pid: process.pid,
        invocations,
        requestId: context.awsRequestId,
        functionName: context.functionName,
        remainingMs: context.getRemainingTimeInMillis(),
        environment: Object.keys(env).toSorted(),
      };
  }
}
