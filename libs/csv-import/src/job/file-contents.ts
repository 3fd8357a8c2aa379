import type { Instant } from '@sensorflow/kernel';

/** What the accepted rows of a file hold, as far as it is read. */
export interface FileContents {
  /** Undefined before the first row. */
  readonly firstTimestamp: Instant | undefined;
  readonly lastTimestamp: Instant | undefined;
  /** Different ones. */
  readonly equipment: number;
  /** Whether that is all of them; else it is at least so many. */
  readonly isEquipmentExact: boolean;
  /** Rows of which an earlier row had the equipment, the instant and a metric. */
  readonly repeatedRows: number;
  /** Else at least so many: exact while the rows of each equipment come in the order of time. */
  readonly isRepeatedExact: boolean;
  /** What a later run has to know to go on counting; undefined when that is too much to keep. */
  readonly lastRows: LastRows | undefined;
}

/** Of each equipment: its latest instant, and the metrics that it had then. See LastRowTable. */
export interface LastRows {
  readonly metrics: readonly string[];
  readonly entries: Uint8Array;
}

export const NO_CONTENTS: FileContents = {
  firstTimestamp: undefined,
  lastTimestamp: undefined,
  equipment: 0,
  isEquipmentExact: true,
  repeatedRows: 0,
  isRepeatedExact: true,
  lastRows: { metrics: [], entries: new Uint8Array(0) },
};
