import type { ImportPorts } from '@sensorflow/csv-import';

/** What a process throws that is no more. */
export class Killed extends Error {
  override readonly name = 'Killed';
}

/**
 * The ports as a process uses them that dies at its `lastStep`-th touch of the world: a call's arrival,
 * its answer, or a chunk of a stream. Dying with the answer means that the effect took place. Nothing
 * that the dead process still tries comes through.
 */
export function mortalPorts(ports: ImportPorts, lastStep: number): ImportPorts {
  let steps = 0;
  const step = (): void => {
    steps += 1;
    if (steps >= lastStep) throw new Killed(`step ${steps}`);
  };
  return {
    imports: mortal(ports.imports, step),
    storage: mortal(ports.storage, step),
    readings: mortal(ports.readings, step),
    queue: mortal(ports.queue, step),
    clock: ports.clock,
    retention: ports.retention,
    names: ports.names,
    manifest: mortal(ports.manifest, step),
    aggregates: mortal(ports.aggregates, step),
  };
}

function mortal<T extends object>(port: T, step: () => void): T {
  return new Proxy(port, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      // The one that answers a stream at once.
      if (name === 'parts') return mortalParts(member, target, step);
      return async (...args: unknown[]): Promise<unknown> => {
        step();
        const answer: unknown = await Reflect.apply(member, target, args);
        step();
        return isStream(answer) ? mortalStream(answer, step) : answer;
      };
    },
  });
}

function mortalParts(parts: object, manifest: object, step: () => void) {
  return async function* (...args: unknown[]): AsyncGenerator {
    step();
    yield* mortalStream(
      Reflect.apply(parts as Method<AsyncIterable<unknown>>, manifest, args),
      step,
    );
  };
}

type Method<T> = (...args: unknown[]) => T;

async function* mortalStream(stream: AsyncIterable<unknown>, step: () => void): AsyncGenerator {
  for await (const chunk of stream) {
    step();
    yield chunk;
  }
}

function isStream(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
