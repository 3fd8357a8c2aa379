import { confirm, runCommand } from '@sensorflow/platform/terminal/command.js';
import { withEnvFile } from '@sensorflow/platform/config/env-file.js';
import { readDataFolderEnvironment } from '@sensorflow/platform/config/environment.js';
import { resolve } from 'node:path';
import { restoreBackup } from './restore-backup.js';
import { findDynoxide } from '../dynamodb/find-dynoxide.js';
import { terminalFault } from '../stack/terminal-fault.js';

const USAGE = `Usage: npm run restore -- BACKUP [--yes]

Checks a backup and restores the data folder from it. Stop the stack first. The current data is kept in a folder inside
the data folder. Keys that were revoked and people who were disabled since the backup stay revoked and disabled, if the
current data folder can be read. Asks first; without a terminal it needs --yes.

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
        `The earlier data is in ${replaced}. Delete it when you no longer need it.\n`,
      );
    }
    return 0;
  },
});
