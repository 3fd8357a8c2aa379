import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createDocument } from '../../apps/api/src/documents.js';

export interface Parameter {
  readonly in: string;
  readonly name: string;
}

/** A route of the document, and what it says of itself. */
export interface Operation {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody: unknown;
}

type Methods = Readonly<Record<string, Partial<Pick<Operation, 'parameters' | 'requestBody'>>>>;

/** Each route of the API's document. */
export function operationsOf(app: NestFastifyApplication): readonly Operation[] {
  const paths: Readonly<Record<string, Methods>> = JSON.parse(
    JSON.stringify(createDocument(app).paths),
  );
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([name, { parameters = [], requestBody }]) => {
      const method = name === 'post' ? 'POST' : name === 'delete' ? 'DELETE' : 'GET';
      return { method, path, parameters, requestBody } as const;
    }),
  );
}
