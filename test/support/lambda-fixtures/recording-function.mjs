// Writes each event to a file as it came; fails the messages whose body says so, by the means it says.
import { appendFileSync } from 'node:fs';
import { env } from 'node:process';

export async function handler(event) {
  appendFileSync(env.EVENTS_FILE, `${JSON.stringify(event)}\n`);
  const bodies = new Set(event.Records.map((record) => record.body));
  if (bodies.has('throw')) throw new Error('refused');
  if (bodies.has('report-unknown')) {
    return { batchItemFailures: [{ itemIdentifier: 'nobody' }] };
  }
  const failed = event.Records.filter((record) => record.body === 'report');
  return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}
