/** The numbers of an import run; tests take smaller ones. */
export interface ImportLimits {
  /** A file is read in pieces of so many bytes. */
  readonly pieceBytes: number;
  /** Rows are checked and written in blocks of whole rows: those of a piece, or so many of them. */
  readonly maxBlockRows: number;
  /** Blocks on their way to the store at a time, while the next one is checked. */
  readonly maxBlocks: number;
  readonly maxRowBytes: number;
  readonly checkpointRows: number;
  readonly checkpointMs: number;
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

const KIB = 1024;
const MIB = 1024 * KIB;

export const IMPORT_LIMITS: ImportLimits = {
  pieceBytes: 64 * KIB,
  // Fourteen calls; four blocks are as many calls as may be under way. In larger blocks rows live so long
  // that V8 takes them for old: two of 1,400 rows take a fifth more CPU.
  maxBlockRows: 350,
  maxBlocks: 4,
  maxRowBytes: 64 * KIB,
  checkpointRows: 5000,
  checkpointMs: 5000,
  maxReportPartBytes: 4 * MIB,
  maxReportBytes: 256 * MIB,
  handoverMs: 60_000,
  sliceMs: 10_000,
  turnPauseSeconds: 2,
};
