import 'reflect-metadata';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { DomainError } from '@sensorflow/kernel';
import { describe, expect, it } from 'vitest';
import { parseCursor } from './cursor.js';
import { documentedParameters, MAX_RANGE_DAYS, QueryParameters } from './query-parameters.js';
import { inForm, oneOf, parseLimit } from './query-values.js';

class Parent {
  @ApiPropertyOptional({ type: String })
  limit?: unknown;
}

class Child extends Parent {
  @ApiPropertyOptional({ type: String })
  order?: unknown;
}

const KNOWN = ['from', 'to', 'limit', 'order', 'cursor'];
const parseOrder = oneOf(['asc', 'desc'], 'order-invalid', 'asc or desc');

/** Reads all parameters; answers the code of the refusal and its faults, or undefined. */
function refusalOf(query: object, ...ownCodes: readonly string[]) {
  const parameters = new QueryParameters(query, KNOWN);
  parameters.bounds(MAX_RANGE_DAYS);
  parameters.valueOf('limit', parseLimit);
  parameters.valueOf('order', parseOrder);
  parameters.valueOf('cursor', parseCursor);
  try {
    parameters.assertFaultless(...ownCodes);
    return undefined;
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return [error.code, ...error.faults.map(({ pointer, code }) => `${pointer} ${code}`)];
  }
}

describe('the parameters of a query', () => {
  it('are those that a class and its parents document', () => {
    expect([...documentedParameters(Child)].toSorted()).toEqual(['limit', 'order']);
    expect(documentedParameters(Parent)).toEqual(['limit']);
    expect(documentedParameters(class {})).toEqual([]);
  });

  it('are read, and may be left out', () => {
    const parameters = new QueryParameters({ limit: '7', from: '2023-02-15T00:00:00Z' }, KNOWN);

    expect(parameters.valueOf('limit', parseLimit)).toBe(7);
    expect(parameters.valueOf('order', parseOrder)).toBeUndefined();
    expect(parameters.bounds()).toEqual({ from: '2023-02-15T00:00:00.000000000Z' });
    expect([parameters.has('limit'), parameters.has('order')]).toEqual([true, false]);
    expect(refusalOf({ limit: '1000', order: 'desc' })).toBeUndefined();
  });

  it('are all named when all are wrong', () => {
    const query = {
      from: 'x',
      to: ['y', 'z'],
      limit: '0',
      order: '',
      cursor: '!',
      __proto__x: '1',
    };

    expect(refusalOf(query)).toEqual([
      'invalid-request',
      '/__proto__x unknown-property',
      '/from timestamp-malformed',
      '/to parameter-repeated',
      '/limit limit-invalid',
      '/order order-invalid',
      '/cursor cursor-invalid',
    ]);
  });

  it.each([
    [{ from: '2023-02-16T00:00:00Z', to: '2023-02-15T00:00:00Z' }, 'range-empty'],
    [{ from: '2023-02-15T00:00:00Z', to: '2024-02-17T00:00:00Z' }, 'range-too-long'],
    [{ cursor: '!' }, 'cursor-invalid'],
    [{ order: 'up' }, 'order-invalid'],
  ])('name the problem by a rule about the whole, if that alone is broken: %j', (query, code) => {
    expect(refusalOf(query, 'order-invalid')?.[0]).toBe(code);
    expect(refusalOf({ ...query, limit: '0' }, 'order-invalid')?.[0]).toBe('invalid-request');
  });

  it('are listed a hundred times at most', () => {
    const names = Array.from({ length: 500 }, (_, index) => [`x${index}`, '1']);

    expect(refusalOf(Object.fromEntries(names))).toHaveLength(1 + 100);
  });
});

describe('a word or a form', () => {
  it('is taken as it is, and nothing else', () => {
    const parse = inForm(/^[a-z]+$/, 'name-invalid', 'small letters');

    expect(parse('abc')).toEqual({ ok: true, value: 'abc' });
    expect(parse('Abc')).toMatchObject({ ok: false, fault: { code: 'name-invalid' } });
    expect(parseOrder('ASC')).toMatchObject({ ok: false, fault: { code: 'order-invalid' } });
  });
});
