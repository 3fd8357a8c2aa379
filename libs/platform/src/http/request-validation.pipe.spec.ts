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

function membersNamed(count: number): object {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`n${index}`, 1]));
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

  it('that has an unknown property is told of the known ones', async () => {
    expect(await faultsOf({ other: 1 })).toEqual([
      {
        pointer: '/other',
        code: 'unknown-property',
        detail: 'Unknown property other. Known: name.',
      },
    ]);
  });

  it('is told of a hundred faults at most', async () => {
    expect(await faultsOf(membersNamed(4000))).toHaveLength(100);
  });

  it.each([
    ['names', membersNamed(4001)],
    ['elements', { name: Array(4000).fill(1) }],
    ['names within', { a: { b: membersNamed(3000) }, c: membersNamed(1000) }],
  ])('with more than 4,000 members is refused before they are looked at: %s', async (_, value) => {
    expect(await faultsOf(value)).toMatchObject([{ pointer: '', code: 'too-many-members' }]);
  });
});
