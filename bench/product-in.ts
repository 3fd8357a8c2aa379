import { join } from 'node:path';
import type * as Product from './product.ts';

/** What the benchmark of this checkout, or of another, starts and tells its product. */
export function productIn(root: string): Promise<typeof Product> {
  return import(join(root, 'bench/product.ts'));
}
