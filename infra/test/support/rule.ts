import type { StackTemplate } from './templates.ts';

/** The logical ids of what is wrong in one stack. */
export type Rule = (stack: StackTemplate) => readonly string[];
