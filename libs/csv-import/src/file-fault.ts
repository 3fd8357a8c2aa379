import { DomainError } from '@sensorflow/kernel';

/** The file itself is at fault: trying again cannot help, and the import fails with this code. */
export class FileFault extends DomainError {
  constructor(code: string, detail: string, cause?: unknown) {
    super('invalid', code, detail, cause === undefined ? {} : { cause });
  }
}
