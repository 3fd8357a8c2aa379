import 'reflect-metadata';
import type { InputFault } from '@sensorflow/kernel';
import { IsOptional, IsString } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { requestValidationPipe } from './request-validation.pipe.js';

class Question {
  @IsOptional()
  @IsString({ message: 'The name is text.', context: { code: 'name-invalid' } })
  name?: string;
}

async function faultsOf(value: unknown): Promise<readonly InputFault[]> {
  const pipe = requestValidationPipe();
  return pipe.transform(value, { type: 'query', metatype: Question }).then(
    () => [],
    ({ faults }: { faults: readonly InputFault[] }) => faults,
  );
}

describe('a request', () => {
  it('that is valid has no fault', async () => {
    expect(await faultsOf({ name: 'x' })).toEqual([]);
  });

  it.each(['constructor', 'prototype', '__proto__', 'toString', 'other'])(
    'that names %s is told so, and of all else that is wrong',
    async (name) => {
      const value: object = JSON.parse(`{"${name}":"1","name":1}`);

      expect((await faultsOf(value)).toSorted((a, b) => (a.code < b.code ? 1 : -1))).toMatchObject([
        { pointer: `/${name}`, code: 'unknown-property' },
        { pointer: '/name', code: 'name-invalid' },
      ]);
    },
  );

  it('is told of a hundred faults at most', async () => {
    const value = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`n${index}`, 1]));

    expect(await faultsOf(value)).toHaveLength(100);
  });
});
