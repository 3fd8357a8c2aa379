import { argumentsOrExit } from '../../libs/platform/src/terminal/command.ts';
import { ASSUMED, MEASURED, PACKED, requestsPerProcessorAndSecond } from './inputs.ts';
import { listeningTable } from './listening.ts';
import { designsTable, linesTable, smallTable, unitsTable } from './tables.ts';

const USAGE = `Usage: npm run cost

Prints what SensorFlow costs in a month on AWS, from measured figures and public prices.`;

argumentsOrExit({ usage: USAGE, options: {}, places: 0 });
const print = (text: string) => process.stdout.write(`${text}\n`);

print('US dollars a month, us-east-1 list prices (infra/cost/prices.ts), without free tiers\n');
for (const table of [designsTable(), linesTable(), smallTable(), unitsTable(), listeningTable()])
  print(`${table}\n`);
print('measured:');
for (const [name, { value, source }] of Object.entries(MEASURED))
  print(`  ${name} ${value}: ${source}`);
for (const [name, { readings, hours, blocks, bytes }] of Object.entries(PACKED))
  print(
    `  ${name}: ${readings} readings of ${hours} hours in ${blocks} blocks, ${bytes} bytes (cost.spec.ts)`,
  );
print('assumed:');
for (const [name, value] of Object.entries(ASSUMED)) print(`  ${name} ${value}`);
print(`so a processor takes ${Math.round(requestsPerProcessorAndSecond(1))} single readings/s`);
