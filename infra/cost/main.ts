import { ASSUMED, MEASURED, requestsPerTaskAndSecond } from './inputs.ts';
import { designsTable, linesTable } from './tables.ts';

/** `npm run cost`: what SensorFlow costs in a month, from measured figures and public prices. */
const print = (text: string) => process.stdout.write(`${text}\n`);

print('US dollars a month, us-east-1 list prices (infra/cost/prices.ts), without free tiers\n');
print(`${designsTable()}\n`);
print(`${linesTable()}\n`);
print('measured:');
for (const [name, { value, source }] of Object.entries(MEASURED))
  print(`  ${name} ${value}: ${source}`);
print('assumed:');
for (const [name, value] of Object.entries(ASSUMED)) print(`  ${name} ${value}`);
print(
  `so a task of one processor takes ${Math.round(requestsPerTaskAndSecond(1))} single readings/s`,
);
