import { execFileSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { delivery } from '../environments/delivery.ts';
import { IMAGE_REPOSITORY } from '../lib/names.ts';

/**
 * Waits until every Region has its copy of an image: tasks pull from their own Region, and a deployment that comes
 * before the copy is rolled back. `npx node infra/bin/await-image.ts sha256:… [seconds]`, with the AWS CLI.
 */
const LOOK_EVERY_MS = 5000;

const [digest = '', seconds = '1800'] = process.argv.slice(2);
if (!/^sha256:[0-9a-f]{64}$/.test(digest) || !(Number(seconds) > 0)) {
  fail('Say which image, and for how long: npx node infra/bin/await-image.ts sha256:… [seconds]');
}
const endMs = Date.now() + Number(seconds) * 1000;
while (!isEverywhere()) {
  if (Date.now() > endMs) fail(`${digest} is not in every Region after ${seconds} s.`);
  await delay(Math.min(LOOK_EVERY_MS, Number(seconds) * 100));
}

function isEverywhere(): boolean {
  const answer = execFileSync(
    'aws',
    [
      ['ecr', 'describe-image-replication-status', '--region', delivery.region],
      ['--repository-name', IMAGE_REPOSITORY, '--image-id', `imageDigest=${digest}`],
      ['--output', 'json'],
    ].flat(),
    { encoding: 'utf8' },
  );
  const { replicationStatuses }: { replicationStatuses: { region: string; status: string }[] } =
    JSON.parse(answer);
  const inState = (state: string) =>
    replicationStatuses.flatMap(({ region, status }) => (status === state ? [region] : []));
  const failed = inState('FAILED');
  if (failed.length > 0) fail(`${digest} could not be copied to ${failed.join(', ')}.`);
  const complete = inState('COMPLETE');
  return delivery.replicaRegions.every((region) => complete.includes(region));
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
