import { describe, expect, it } from 'vitest';
import { RouteTable } from './allowed-methods.js';

const routes = new RouteTable();
routes.add('GET', '/');
routes.add('POST', '/sensor-data/batch');
routes.add('GET', '/sensor-data/:equipmentId');
routes.add('HEAD', '/sensor-data/:equipmentId');
routes.add('DELETE', '/sensor-data/:equipmentId/:timestamp');
routes.add('GET', '/docs/*');

describe('the methods of a path', () => {
  it.each([
    ['/', ['GET']],
    ['/sensor-data/EQ-1', ['GET', 'HEAD']],
    ['/sensor-data/batch', ['POST']],
    ['/sensor-data/EQ-1/x', ['DELETE']],
    ['/docs/a/b.js', ['GET']],
    ['/sensor-data/', []],
    ['/sensor-data/EQ-1/x/y', []],
    ['//', []],
    ['', []],
    ['/nothing', []],
    ['/'.repeat(16_000), []],
  ])('%s', (path, methods) => {
    expect(routes.methodsAt(path)).toEqual(methods);
  });
});
