import { appendFileSync, existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';

const KEEP_BYTES = 10 * 1024 * 1024;

/** Where the parts of the stack write what they have to say: one file a part, in `<dataDir>/logs`. */
export class StackLog {
  private readonly folder: string;

  constructor(dataDir: string) {
    this.folder = join(dataDir, 'logs');
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
  }

  /** The file of a part; one that has grown large steps aside first. */
  file(part: string): string {
    const file = join(this.folder, `${part}.log`);
    if (existsSync(file) && statSync(file).size > KEEP_BYTES) renameSync(file, `${file}.1`);
    return file;
  }

  note(part: string, line: string): void {
    appendFileSync(join(this.folder, `${part}.log`), `${line}\n`, { mode: 0o600 });
  }
}
