/** The numbers of an import run; tests take smaller ones. */
export interface ImportLimits {
  /** A file is read in pieces of so many bytes. */
  readonly pieceBytes: number;
  /** Rows that are packed together, at most. */
  readonly maxBatchRows: number;
  /** And their values. */
  readonly maxBatchValues: number;
  /** A batch ends after so long, and is made so large that the store takes it in about that time. */
  readonly batchMs: number;
  /** Rows that are not plain are read together, so many at most. */
  readonly maxBlockRows: number;
  /** Calls to the store at a time, while the next rows are read. */
  readonly maxCalls: number;
  readonly maxRowBytes: number;
  /** Between two checkpoints, at least. */
  readonly checkpointMs: number;
  /** The lease is looked at when it was not seen for so long. */
  readonly leaseMs: number;
  /** Rejected rows gathered in memory before a checkpoint writes them down. */
  readonly maxReportPartBytes: number;
  /** Beyond this the report only counts; S3 takes 5 GiB in one piece, a spreadsheet far less. */
  readonly maxReportBytes: number;
  /** With less time left, a run hands over. */
  readonly handoverMs: number;
  /** While other messages wait, a run works for so long before it goes to the end of the queue. */
  readonly sliceMs: number;
  /** It comes back after so long: those that wait for its slot ask for it once a second at least. */
  readonly turnPauseSeconds: number;
}

/** How long some hours may take that are begun with so much time left, so that a run can still hand over. */
export function stepMs(remainingMs: number, { handoverMs }: Pick<ImportLimits, 'handoverMs'>) {
  return remainingMs - handoverMs / 2;
}

const KIB = 1024;
const MIB = 1024 * KIB;

export const IMPORT_LIMITS: ImportLimits = {
  pieceBytes: 64 * KIB,
  // Two batches are held at a time, as much of each as this, however long the rows.
  maxBatchRows: 200_000,
  maxBatchValues: 400_000,
  batchMs: 5000,
  maxBlockRows: 350,
  maxCalls: 16,
  maxRowBytes: 64 * KIB,
  checkpointMs: 1000,
  leaseMs: 5000,
  maxReportPartBytes: 4 * MIB,
  maxReportBytes: 256 * MIB,
  handoverMs: 60_000,
  sliceMs: 10_000,
  turnPauseSeconds: 2,
};
