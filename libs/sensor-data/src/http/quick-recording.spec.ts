import { UseGuards, UseInterceptors } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { SensorDataController } from './sensor-data.controller.js';

/** Where Nest keeps what the decorators `Use…` bring. */
const ENHANCERS = ['__guards__', '__interceptors__', '__pipes__', '__exceptionFilters__'];

function enhancersOf(target: object): readonly string[] {
  return ENHANCERS.filter((key) => Reflect.hasMetadata(key, target));
}

describe('the route that Fastify serves by itself', () => {
  it('has nothing that only Nest would run', () => {
    const method: unknown = Reflect.get(SensorDataController.prototype, 'recordReading');
    if (typeof method !== 'function') throw new Error('no such method');

    expect(enhancersOf(SensorDataController)).toEqual([]);
    expect(enhancersOf(method)).toEqual([]);
  });

  it('would be seen to have it', () => {
    @UseGuards(class {})
    @UseInterceptors(class {})
    class Guarded {}

    expect(enhancersOf(Guarded)).toEqual(['__guards__', '__interceptors__']);
  });
});
