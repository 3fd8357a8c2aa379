import { errorNames, loggableError } from './loggable-error.js';

/**
 * For the handler of a Lambda function: the runtime logs the text and the causes of what is thrown, so
 * an error that leaves it has names and stack frames alone.
 */
export function throwingNames<Given extends readonly unknown[], Answer>(
  handler: (...given: Given) => Promise<Answer>,
): (...given: Given) => Promise<Answer> {
  return (...given) =>
    handler(...given).catch((error: unknown) => {
      throw namedAlone(error);
    });
}

function namedAlone(error: unknown): Error {
  const named = new Error(errorNames(error));
  const { stack } = loggableError(error);
  return Object.assign(named, { stack: `${named.message}\n${stack ?? ''}` });
}
