import 'reflect-metadata';
import { DomainError, type InputFault } from '@sensorflow/kernel';
import { IsOptional, IsString } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { ParsedBy, requestValidationPipe } from './request-validation.pipe.js';

class Question {
  @IsOptional()
  @IsString({ message: 'The name is text.', context: { code: 'name-invalid' } })
  name?: string;
}

@ParsedBy(({ name, number }: { name?: string; number?: string }) => {
  const found = name === number ? ['/name', '/number'] : [];
  const faults = found.map((pointer) => ({ pointer, code: 'equal', detail: 'They differ.' }));
  if (faults.length > 0) throw new DomainError('invalid', 'equal', 'They differ.', { faults });
})
class ParsedQuestion extends Question {
  @IsOptional()
  @IsString({ message: 'The number is text.', context: { code: 'number-invalid' } })
  number?: string;
}

async function faultsOf(
  value: unknown,
  metatype: typeof Question = Question,
): Promise<readonly InputFault[]> {
  const pipe = requestValidationPipe();
  return pipe.transform(value, { type: 'body', metatype }).then(
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

  it.each([
    ['is right', { name: 'x', number: 'y' }, []],
    ['fits together no better', { name: 'x', number: 'x' }, []],
    ['has an unknown property', { name: 'x', number: 'x', z: 1 }, ['/name', '/number', '/z']],
    [
      'has a forbidden one',
      { name: 'x', number: 'x', toString: 1 },
      ['/name', '/number', '/toString'],
    ],
    ['has a faulty member', { name: 'x', number: 1 }, ['/number']],
    ['has two of them', { name: 2, number: 1 }, ['/name', '/number']],
  ])('that is parsed by more than its class, and %s', async (_, value, pointers) => {
    const faults = await faultsOf(value, ParsedQuestion);

    expect(faults.map(({ pointer }) => pointer).toSorted()).toEqual(pointers);
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
