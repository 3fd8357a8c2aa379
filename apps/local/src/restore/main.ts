import { confirm, runCommand } from '@sensorflow/platform/terminal/command.js';
import { withEnvFile } from '@sensorflow/platform/config/env-file.js';
import { readDataFolderEnvironment } from '@sensorflow/platform/config/environment.js';
import { resolve } from 'node:path';
import { restoreBackup } from './restore-backup.js';
import { findDynoxide } from '../dynamodb/find-dynoxide.js';
import { terminalFault } from '../stack/terminal-fault.js';

const USAGE = `Usage: npm run restore -- BACKUP [--yes]

Puts a backup in the place of the data folder, after checking all of it; the stack must not run. The data that is
there is kept beside it. Keys that were revoked and people who were disabled since the backup stay so, if the data
folder says who they are. Asks first; without a terminal it wants --yes.

  --yes                 does not ask
  SENSORFLOW_DATA_DIR   the data folder; .sensorflow unless set`;

/** Whatever is written is its owner's alone. */
process.umask(0o077);

await runCommand({
  usage: USAGE,
  options: { yes: { type: 'boolean', default: false } },
  places: 1,
  wordsFor: terminalFault,
  run: async ({ positionals: [named = ''], values: { yes } }) => {
    const dataDir = resolve(
      readDataFolderEnvironment(withEnvFile(process.env)).SENSORFLOW_DATA_DIR,
    );
    const program = { binary: findDynoxide(process.env), path: process.env['PATH'] };
    const restored = await restoreBackup(resolve(named), dataDir, program, async (consequences) => {
      if (yes) process.stdout.write(`${consequences}\n`);
      await confirm(consequences, yes);
    });
    const { replaced, manifest } = restored;
    process.stdout.write(`${dataDir}: restored as of ${manifest.takenAt}, checked\n`);
    if (replaced !== undefined) {
      process.stdout.write(
        `The earlier data is in ${replaced}: delete it when you need it no more.\n`,
      );
    }
    return 0;
  },
});
