import { TABLES, type TableDefinition } from '../../libs/platform/src/resources/tables.ts';
import type { Deployment } from './deployment.ts';

/** Names that stacks of several Regions must agree on without asking each other. */

/** `DYNAMODB_AGGREGATE_TABLE_NAME` → `sensorflow-prod-aggregate`. */
export function tableName(deploymentName: string, table: TableDefinition): string {
  return `${prefix(deploymentName)}-${tableWord(table)}`;
}

/** The variable of the readings carries no word: they are the table. */
export function tableWord({ nameVariable }: TableDefinition): string {
  const word = /^DYNAMODB_(?:(.+)_)?TABLE_NAME$/.exec(nameVariable);
  if (word === null) throw new Error(`${nameVariable} names no table.`);
  return (word[1] ?? 'readings').toLowerCase();
}

export function tableOf(nameVariable: string): TableDefinition {
  const table = TABLES.find((one) => one.nameVariable === nameVariable);
  if (table === undefined) throw new Error(`No table is named by ${nameVariable}.`);
  return table;
}

/** Each generation of the client has a secret of its own: tasks that still know the old one go on with it. */
export function clientSecretName(deployment: Deployment): string {
  return `${prefix(deployment.name)}/${webClientName(deployment)}/secret`;
}

export function webClientName({ webClientGeneration = 1 }: Deployment): string {
  return webClientGeneration === 1 ? 'web-client' : `web-client-${webClientGeneration}`;
}

export function prefix(deploymentName: string): string {
  return `sensorflow-${deploymentName}`;
}

/** Queues of this name's beginning are those of the API's processes. */
export function liveQueuePrefix({ name }: Deployment): string {
  return `${prefix(name)}-live-`;
}

/** The image repository, the same in every Region. */
export const IMAGE_REPOSITORY = 'sensorflow';
