import type { CapacityRange, Deployment, TableCapacity } from './deployment.ts';
import { faultIf, isWhole } from './fault-if.ts';

/** DynamoDB's quota for a table, unless the account has been given another one. */
const TABLE_QUOTA = 40_000;

/** Capacity that DynamoDB would refuse, or that would be far too expensive. */
export function capacityFaults(deployment: Deployment): readonly string[] {
  const { maxWriteUnitsPerSecond, provisioned } = deployment;
  const bound = faultIf(!isWhole(maxWriteUnitsPerSecond, 1), 'maxWriteUnitsPerSecond: 1 or more');
  if (provisioned === undefined) return bound;
  const { targetPercent = 70, readings, aggregates } = provisioned;
  return [
    ...bound,
    ...faultIf(!isWhole(targetPercent, 20, 90), 'provisioned: targetPercent of 20 to 90'),
    ...tableFaults('readings', readings, maxWriteUnitsPerSecond),
    ...tableFaults('aggregates', aggregates, maxWriteUnitsPerSecond),
  ];
}

function tableFaults(
  name: string,
  { writeUnits, readUnits }: TableCapacity,
  maxWriteUnitsPerSecond: number,
): readonly string[] {
  return [
    ...rangeFaults(`${name}.writeUnits`, writeUnits),
    ...rangeFaults(`${name}.readUnits`, readUnits),
    ...faultIf(
      writeUnits.max > maxWriteUnitsPerSecond,
      `provisioned: ${name}.writeUnits go beyond maxWriteUnitsPerSecond`,
    ),
  ];
}

function rangeFaults(name: string, { min, max }: CapacityRange): readonly string[] {
  return faultIf(
    !isWhole(min, 1) || !isWhole(max, min, TABLE_QUOTA),
    `provisioned: ${name}, whole numbers, 1 <= min <= max <= 40,000`,
  );
}
