/**
 * Every table, key and index of SensorFlow, once: the embedded stack creates them from here, and the
 * infrastructure synthesizes them from here. Plain data, so that both can import it.
 */
export interface TableDefinition {
  /** The environment variable that carries the table's real name. */
  readonly nameVariable: string;
  readonly partitionKey: string;
  readonly sortKey: string;
  readonly indexes: readonly IndexDefinition[];
  /**
   * With several Regions: `every-region` is one table with replicas; `own-region` is a table of each
   * Region alone, made from what is replicated. No aggregate crosses a Region, or the last writer would win.
   */
  readonly scope: 'every-region' | 'own-region';
  readonly stream?: 'NEW_AND_OLD_IMAGES';
  /** The attribute with the epoch seconds after which DynamoDB may delete an item. */
  readonly ttlAttribute?: string;
}

/** All keys of SensorFlow are strings; all indexes project everything. */
export interface IndexDefinition {
  readonly name: string;
  readonly partitionKey: string;
  readonly sortKey: string;
}

export const READINGS_TABLE = {
  nameVariable: 'DYNAMODB_TABLE_NAME',
  partitionKey: 'equipmentId',
  sortKey: 'block',
  indexes: [],
  scope: 'every-region',
  stream: 'NEW_AND_OLD_IMAGES',
  ttlAttribute: 'expiresAt',
} as const satisfies TableDefinition;

export const AGGREGATES_TABLE = {
  nameVariable: 'DYNAMODB_AGGREGATE_TABLE_NAME',
  partitionKey: 'partition',
  sortKey: 'cell',
  indexes: [],
  scope: 'own-region',
  stream: 'NEW_AND_OLD_IMAGES',
} as const satisfies TableDefinition;

/** The imports that one caller opened. */
export const IMPORTS_OF_SUBJECT_INDEX = {
  name: 'imports-of-subject',
  partitionKey: 'subject',
  sortKey: 'uploadId',
} as const satisfies IndexDefinition;

/** Owned by csv-import: one item an import, and one a caller for what its imports take up. */
export const IMPORTS_TABLE = {
  nameVariable: 'DYNAMODB_IMPORTS_TABLE_NAME',
  partitionKey: 'scope',
  sortKey: 'uploadId',
  indexes: [IMPORTS_OF_SUBJECT_INDEX],
  scope: 'every-region',
  ttlAttribute: 'expiresAt',
} as const satisfies TableDefinition;

/** Owned by auth: login throttles, ended sessions, API keys and the audit trail. */
export const SESSIONS_TABLE = {
  nameVariable: 'DYNAMODB_SESSIONS_TABLE_NAME',
  partitionKey: 'partition',
  sortKey: 'entry',
  indexes: [],
  scope: 'every-region',
  ttlAttribute: 'expiresAt',
} as const satisfies TableDefinition;

export const TABLES: readonly TableDefinition[] = [
  READINGS_TABLE,
  AGGREGATES_TABLE,
  IMPORTS_TABLE,
  SESSIONS_TABLE,
];
