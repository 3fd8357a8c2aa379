import { confirm, runCommand } from '@sensorflow/platform/terminal/command.js';
import { relative } from 'node:path';
import { lanGreeting } from './lan/lan-description.js';
import type { LanArguments } from './lan/lan-options.js';
import type { Announcement } from './stack/announcement.js';
import { isDataFolder } from './stack/data-format.js';
import { readStackOptions, type StackOptions } from './stack/options.js';
import { Stack } from './stack/stack.js';
import { terminalFault } from './stack/terminal-fault.js';

const USAGE = `Usage: npm run local [-- [--lan [--certificate FILE --key FILE]] [--reset [--yes]]]

Starts the whole system on this machine and prints how to use it. Ctrl-C stops it. Without --lan, everything stays on
loopback.

  --lan                 makes only the API listen on the network: with HTTPS, and for devices also with HTTP
  --certificate, --key  PEM files for HTTPS; without them, a certificate is made
  --reset               asks, then deletes all readings, people and keys in the data folder, and starts empty
  --yes                 does not ask
  PORT                  port of the API and the console; 3000 unless set
  HTTPS_PORT            port of both for HTTPS, with --lan; 3443 unless set
  SENSORFLOW_DATA_DIR   the data folder; .sensorflow unless set
  All variables: docs/configuration.md`;

/** Whatever a part of the stack writes is its owner's alone, also where it does not say so itself. */
process.umask(0o077);

/** `npm run local`: starts the stack, says how to use it, and stops it when told to. */
async function run(
  lan: LanArguments,
  { reset, yes: isConfirmed }: { readonly reset: boolean; readonly yes: boolean },
): Promise<number> {
  const options = readStackOptions(reset, process.env, lan);
  if (reset && isDataFolder(options.dataDir)) {
    await confirm(`--reset deletes everything in ${options.dataDir}.`, isConfirmed);
  }
  const signalled = nextSignal();
  const stack = await Stack.start(options);
  process.stdout.write(greeting(stack, options));
  const reason = await Promise.race([signalled, stack.broken]);
  const isBroken = reason !== 'signal';
  if (isBroken) process.stderr.write(`${reason}; see the logs in ${options.dataDir}/logs\n`);
  const failures = await stack.stop();
  for (const failure of failures) process.stderr.write(`not stopped cleanly: ${failure}\n`);
  return isBroken || failures.length > 0 ? 1 : 0;
}

/** Listens from the start, so that a Ctrl-C while starting still stops what has started. */
function nextSignal(): Promise<'signal'> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => resolve('signal'));
    }
  });
}

function greeting({ described, warnings }: Stack, options: StackOptions): string {
  const folder = folderFromHere(options.dataDir);
  return [
    `SensorFlow is ready at ${described.announcement.baseUrl}`,
    ...('certificate' in described
      ? lanGreeting(described, folder)
      : demoGreeting(described.announcement, folder)),
    ...warnings.map((warning) => `  WARNING        ${warning}`),
    '',
  ].join('\n');
}

function demoGreeting(
  { baseUrl, docsUrl, user, machine }: Announcement,
  folder: string,
): readonly string[] {
  return [
    `  console        ${baseUrl}/console/ (open it in a browser, and log in as the demo user)`,
    `  API documents  ${docsUrl}`,
    `  demo user      ${user.username} / ${user.password}`,
    `  demo machine   ${machine.clientId} / ${machine.clientSecret}`,
    `  all of this    ${folder}/local.json; logs in ${folder}/logs; Ctrl-C stops SensorFlow`,
  ];
}

/** As short as it can be read: what lies elsewhere is named in full. */
function folderFromHere(folder: string): string {
  const fromHere = relative(process.cwd(), folder) || '.';
  return fromHere.startsWith('..') ? folder : fromHere;
}

await runCommand({
  usage: USAGE,
  options: {
    lan: { type: 'boolean', default: false },
    certificate: { type: 'string' },
    key: { type: 'string' },
    reset: { type: 'boolean', default: false },
    yes: { type: 'boolean', default: false },
  },
  places: 0,
  wordsFor: terminalFault,
  run: async ({ values }) => run(values, values),
});
