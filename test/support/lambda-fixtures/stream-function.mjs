// Writes delivered readings to a file, in order; what a reading's equipment is called decides what else happens.
import { appendFileSync, readFileSync } from 'node:fs';
import { env } from 'node:process';

export async function handler(event) {
  const readings = event.Records.map((record) => ({
    sequenceNumber: record.dynamodb.SequenceNumber,
    equipmentId: record.dynamodb.Keys.equipmentId.S,
    block: record.dynamodb.Keys.block.S,
  }));
  const has = (name) => readings.some(({ equipmentId }) => equipmentId === name);
  appendFileSync(env.ATTEMPTS_FILE, `${readings.length}\n`);
  const isFirst = readFileSync(env.ATTEMPTS_FILE, 'utf8').trim().split('\n').length === 1;

  if (has('poison')) throw new TypeError('poisoned');
  if (has('slow')) await new Promise((resolve) => setTimeout(resolve, 400));
  const failing = isFirst ? readings.findIndex((r) => r.equipmentId === 'fails-once') : -1;
  const done = failing === -1 ? readings : readings.slice(0, failing);
  appendFileSync(env.DELIVERED_FILE, done.map((r) => `${r.equipmentId} ${r.block}\n`).join(''));
  if (isFirst && has('crashes')) process.exit(3);

  // The lowest counts, in whatever order they are reported.
  const reported = failing === -1 ? [] : readings.slice(failing, failing + 2).toReversed();
  return { batchItemFailures: reported.map((r) => ({ itemIdentifier: r.sequenceNumber })) };
}
