import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createDocument } from '../../apps/api/src/documents.js';

export interface Parameter {
  readonly in: string;
  readonly name: string;
}

const METHODS = { get: 'GET', post: 'POST', patch: 'PATCH', delete: 'DELETE' } as const;

export type Method = (typeof METHODS)[keyof typeof METHODS];

/** A route of the document, and what it says of itself. */
export interface Operation {
  readonly method: Method;
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
    Object.entries(METHODS).flatMap(([name, method]) => {
      const operation = methods[name];
      if (!operation) return [];
      const { parameters = [], requestBody } = operation;
      return [{ method, path, parameters, requestBody }];
    }),
  );
}
