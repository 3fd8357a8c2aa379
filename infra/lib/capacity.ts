import { Billing, Capacity } from 'aws-cdk-lib/aws-dynamodb';
import {
  AGGREGATES_TABLE,
  READINGS_TABLE,
  type TableDefinition,
} from '../../libs/platform/src/resources/tables.ts';
import type { CapacityRange, Deployment, TableCapacity } from './deployment.ts';

/** What auto-scaling aims at: the rest is for what comes before it has looked twice, which takes minutes. */
const TARGET_PERCENT = 70;

/** A table is paid for by the request, or by what is kept ready for it, which auto-scaling adjusts. */
export function billingOf(definition: TableDefinition, deployment: Deployment): Billing {
  const provisioned = provisionedOf(definition, deployment);
  if (provisioned === undefined) {
    return Billing.onDemand({ maxWriteRequestUnits: deployment.maxWriteUnitsPerSecond });
  }
  const { writeUnits, readUnits } = provisioned;
  const targetPercent = deployment.provisioned?.targetPercent ?? TARGET_PERCENT;
  return Billing.provisioned({
    writeCapacity: scaled(writeUnits, targetPercent),
    readCapacity: scaled(readUnits, targetPercent),
  });
}

/** Units a second beyond which a table throttles; reads on demand have no bound of ours. */
export interface CapacityLimits {
  readonly writeUnits: number;
  readonly readUnits?: number;
}

export function limitsOf(definition: TableDefinition, deployment: Deployment): CapacityLimits {
  const provisioned = provisionedOf(definition, deployment);
  if (provisioned === undefined) return { writeUnits: deployment.maxWriteUnitsPerSecond };
  return { writeUnits: provisioned.writeUnits.max, readUnits: provisioned.readUnits.max };
}

/** Imports and sessions stay on demand: they are small, and come suddenly. */
function provisionedOf(
  { nameVariable }: TableDefinition,
  { provisioned }: Deployment,
): TableCapacity | undefined {
  if (nameVariable === READINGS_TABLE.nameVariable) return provisioned?.readings;
  if (nameVariable === AGGREGATES_TABLE.nameVariable) return provisioned?.aggregates;
  return undefined;
}

/** `seedCapacity`: what a table has when it leaves on demand, until auto-scaling has looked at it. */
function scaled({ min, max }: CapacityRange, targetUtilizationPercent: number): Capacity {
  return Capacity.autoscaled({
    minCapacity: min,
    maxCapacity: max,
    seedCapacity: min,
    targetUtilizationPercent,
  });
}
