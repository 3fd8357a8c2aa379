import type { TestProject } from 'vitest/node';
import type { Announcement } from '../../apps/local/src/stack/announcement.js';
import { LocalStack } from '../support/local-stack.js';

declare module 'vitest' {
  interface ProvidedContext {
    stack: Announcement;
    stackDataDir: string;
  }
}

/** One embedded stack for all e2e specs that do not kill theirs; each uses equipment of its own. */
export default async function startSharedStack(project: TestProject): Promise<() => Promise<void>> {
  const stack = await LocalStack.start();
  project.provide('stack', stack.announcement);
  project.provide('stackDataDir', stack.dataDir);
  return async () => stack.stopAndForget();
}
