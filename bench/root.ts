import { join } from 'node:path';

/** The checkout that this benchmark belongs to. */
export const ROOT = join(import.meta.dirname, '..');
