import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { MessageQueue } from '../sqs/message-queue.js';

/** What the functions gave up and only a person can look after: one sentence for each place where it lies. */
export function leftBehind(queue: MessageQueue, dataDir: string): readonly string[] {
  const deadLetters = queue.deadLetters().length;
  const folder = join(dataDir, 'failures');
  const failures = filesIn(folder);
  const database = join(dataDir, 's3.db');
  return [
    deadLetters > 0
      ? `uploads given up: ${deadLetters}, kept in table dead_letters of ${database}`
      : '',
    failures > 0 ? `changes not aggregated: ${failures} files, kept in ${folder}` : '',
  ].filter((warning) => warning !== '');
}

function filesIn(folder: string): number {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.json')).length;
  } catch {
    return 0;
  }
}
