import { runCommand } from '@sensorflow/platform/terminal/command.js';
import { withEnvFile } from '@sensorflow/platform/config/env-file.js';
import { readDataFolderEnvironment } from '@sensorflow/platform/config/environment.js';
import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { takeBackup } from './take-backup.js';
import { terminalFault } from '../stack/terminal-fault.js';

const USAGE = `Usage: npm run backup -- FOLDER

Copies the data folder of the embedded stack, also while it runs, and checks the copy. The backup has everything that
was acknowledged before it began. If FOLDER does not exist, it becomes the backup; if it exists, the backup is a new
folder in it, named by the time. The backup has secrets: keep it where only you can read it.

  SENSORFLOW_DATA_DIR   the data folder; .sensorflow unless set`;

/** Whatever is written is its owner's alone. */
process.umask(0o077);

await runCommand({
  usage: USAGE,
  options: {},
  places: 1,
  wordsFor: terminalFault,
  run: async ({ positionals: [named = ''] }) => {
    const { SENSORFLOW_DATA_DIR } = readDataFolderEnvironment(withEnvFile(process.env));
    const to = newFolder(resolve(named));
    const { files, rows, takenAt } = await takeBackup(resolve(SENSORFLOW_DATA_DIR), to);
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    const items = Object.values(rows)
      .flatMap((tables) => Object.values(tables))
      .reduce((sum, count) => sum + count, 0);
    process.stdout.write(
      `${to}: everything that was acknowledged until ${takenAt}; ${files.length} files, ${items} rows, ${bytes} bytes, checked\n`,
    );
    return 0;
  },
});

function newFolder(named: string): string {
  if (!existsSync(named) || !statSync(named).isDirectory()) return named;
  return join(named, `sensorflow-${new Date().toISOString().replaceAll(':', '.')}`);
}
