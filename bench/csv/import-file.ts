import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

/**
 * One import in a process of its own: loads the built Lambda, hands it S3's event, and writes down how
 * long the handler took. The environment says where DynamoDB and S3 are.
 */
const { values: options } = parseArgs({
  options: {
    lambda: { type: 'string', default: '' },
    key: { type: 'string', default: '' },
    bytes: { type: 'string', default: '0' },
    result: { type: 'string', default: '' },
  },
});

const NEVER_OUT_OF_TIME = { getRemainingTimeInMillis: (): number => 900_000 };

const event = {
  Records: [
    {
      messageId: 'bench',
      body: JSON.stringify({
        Records: [
          {
            eventName: 'ObjectCreated:Put',
            s3: { object: { key: options.key, size: Number(options.bytes), eTag: 'bench' } },
          },
        ],
      }),
    },
  ],
};

const { handler } = (await import(options.lambda)) as {
  handler: (event: unknown, context: object) => Promise<{ batchItemFailures: readonly unknown[] }>;
};
const startedAt = performance.now();
const { batchItemFailures } = await handler(event, NEVER_OUT_OF_TIME);
const seconds = (performance.now() - startedAt) / 1000;
const cpu = process.cpuUsage();
writeFileSync(
  options.result,
  JSON.stringify({
    seconds,
    failures: batchItemFailures.length,
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
    // Linux says kilobytes.
    peakRssMib: process.resourceUsage().maxRSS / 1024,
  }),
);
process.exit(0);
