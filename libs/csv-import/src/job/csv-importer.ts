import { instantFromEpochMs, type Fault } from '@sensorflow/kernel';
import { IMPORT_LIMITS, type ImportLimits } from './import-limits.js';
import { isFinished, type ImportRecord, type Lease } from './import-record.js';
import { ImportRun, type ImportPorts } from './import-run.js';
import { LeasedRuns, type LeaseOutcome, type RunGrant, type RunRequest } from './leased-runs.js';

type Needless = 'already-finished' | 'not-an-import';

export type RunOutcome = 'finished' | Needless | LeaseOutcome;

const ABANDONED: Fault = {
  code: 'import-abandoned',
  detail: 'The import failed again and again without getting on. Its file can be uploaded again.',
};

/** Imports uploaded files; whatever is delivered again, counts and readings come out the same. */
export class CsvImporter {
  private readonly runs: LeasedRuns<'finished', Needless>;

  constructor(
    private readonly ports: ImportPorts,
    private readonly limits: ImportLimits = IMPORT_LIMITS,
  ) {
    this.runs = new LeasedRuns(ports, {
      needless,
      claim: async (seen, lease, request) => this.claim(seen, lease, request),
      run: async (taken, grant, request) => this.import(taken, grant, request),
      stepsOf: ({ checkpoint: { rows, recomputation } }) =>
        rows.total + (recomputation?.doneHours ?? 0),
      abandon: async (record, token) => this.abandon(record, token),
    });
  }

  /**
   * Works until the file is imported or `remainingMs()` falls below the limit. Throws DomainError
   * `unavailable` when the delivery should be repeated; a bad file is an outcome, not an error.
   * An import whose last delivery throws fails as `import-abandoned`, or goes on with a fresh message
   * if it got on since the last one.
   */
  async run(request: RunRequest, remainingMs: () => number): Promise<RunOutcome> {
    return this.runs.run(request, remainingMs);
  }

  private async claim(seen: ImportRecord, lease: Lease, request: RunRequest) {
    return this.ports.imports.takeOver(seen.uploadId, {
      lease,
      previousToken: seen.lease?.token,
      object: objectOf(seen, request),
      startedAt: this.now(),
    });
  }

  private async import(record: ImportRecord, grant: RunGrant, request: RunRequest) {
    const file = { record, object: objectOf(record, request) };
    return new ImportRun(file, grant, this.ports, this.limits).run();
  }

  private async abandon({ uploadId, checkpoint }: ImportRecord, token: string): Promise<void> {
    const finishedAt = this.now();
    const outcome = { status: 'failed', failure: ABANDONED, finishedAt, checkpoint } as const;
    await this.ports.imports.finish(uploadId, token, outcome);
  }

  private now() {
    return instantFromEpochMs(this.ports.clock.nowEpochMs());
  }
}

function needless(seen: ImportRecord | undefined, request: RunRequest): Needless | undefined {
  if (!seen) return 'not-an-import';
  if (isFinished(seen)) return 'already-finished';
  return (seen.object ?? request.object) ? undefined : 'not-an-import';
}

function objectOf(record: ImportRecord, request: RunRequest) {
  const object = record.object ?? request.object;
  if (!object) throw new Error('a run without a file');
  return object;
}
