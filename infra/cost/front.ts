import {
  blocksOf,
  equipmentHoursOf,
  GB,
  HOURS,
  requestsOf,
  SECONDS,
  type Design,
} from './design.ts';
import { ASSUMED } from './inputs.ts';
import { PRICES } from './prices.ts';

/** What a unit of a load balancer takes, whichever is reached first. */
const NEW_CONNECTIONS_PER_SECOND = 25;
const OPEN_CONNECTIONS = 3000;
const GB_PER_HOUR = 1;
/** How long the load balancer keeps a connection that nothing comes over (lib/regional/load-balancer.ts). */
export const IDLE_SECONDS = 70;

/** All between callers and tasks, all Regions together. */
export function frontCost(readings: number, tasksPerRegion: number, design: Design) {
  const { regions, firewall } = design;
  const requests = requestsOf(readings, design);
  const addresses = regions * design.availabilityZones * PRICES.publicAddressHour * HOURS;
  const list = firewall ? PRICES.firewallMonth * regions + requests * PRICES.firewallRequest : 0;
  return {
    'load balancer':
      regions * PRICES.balancerHour * HOURS + addresses + trafficCost(readings, design),
    firewall: list,
    'network, answers': networkCost(readings, tasksPerRegion, design),
    'request logs': requestLogCost(requests, design),
  };
}

function trafficCost(readings: number, design: Design): number {
  const { opened, kept } = connections(readings, design);
  const units = Math.max(
    opened / SECONDS / NEW_CONNECTIONS_PER_SECOND,
    kept / OPEN_CONNECTIONS,
    bytesIn(readings, design) / GB / HOURS / GB_PER_HOUR,
  );
  return units * HOURS * PRICES.balancerUnitHour;
}

/** Opened in a month, and kept open; a sender has as many equipment as fit into its requests. */
function connections(readings: number, design: Design) {
  const { sending, readingsPerEquipmentAndHour } = design;
  if (sending.readingsPerRequest === 'csv') return { opened: 0, kept: 0 };
  const { readings: together } = sending.packed;
  const secondsBetween = (3600 * together) / readingsPerEquipmentAndHour;
  if (!sending.keepsConnection || secondsBetween > IDLE_SECONDS) {
    return { opened: requestsOf(readings, design), kept: 0 };
  }
  const equipment = equipmentHoursOf(readings, design) / HOURS;
  return { opened: 0, kept: (equipment * together) / sending.readingsPerRequest };
}

function bytesIn(readings: number, design: Design): number {
  const batched = Number(design.sending.readingsPerRequest) > 1 ? readings : 0;
  return (
    requestsOf(readings, design) * ASSUMED.bytesPerRequest +
    batched * ASSUMED.bytesPerBatchedReading
  );
}

/** DynamoDB and S3 are behind free endpoints; logs, logins and keys are what goes through the gateways. */
function networkCost(readings: number, tasksPerRegion: number, design: Design): number {
  const { regions, availabilityZones, network } = design;
  const requests = requestsOf(readings, design);
  const { opened } = connections(readings, design);
  const out = requests * ASSUMED.bytesPerAnswer + opened * ASSUMED.bytesPerHandshake;
  const copied = (regions - 1) * bytesStored(readings, design);
  const shared = transferCost(out / GB) + (copied / GB) * PRICES.betweenRegionsGb;
  if (network === 'public-ip') {
    return shared + regions * tasksPerRegion * PRICES.publicAddressHour * HOURS;
  }
  const gateways =
    regions * availabilityZones * (PRICES.natHour + PRICES.publicAddressHour) * HOURS;
  return shared + gateways + logGb(requests, design) * PRICES.natGb;
}

function bytesStored(readings: number, design: Design): number {
  const { packed } = design.sending;
  const overhead = blocksOf(readings, design) * ASSUMED.itemOverheadBytes;
  return (readings * packed.bytes) / packed.readings + overhead;
}

function transferCost(gb: number): number {
  let [cost, from] = [0, 0];
  for (const { upTo, price } of PRICES.transferOutGb) {
    cost += Math.max(0, Math.min(gb, upTo) - from) * price;
    from = upTo;
  }
  return cost;
}

/** Of the API, and of the load balancer. */
function requestLogCost(requests: number, design: Design): number {
  const accessLogGb = (requests * ASSUMED.accessLogBytesPerRequest) / GB;
  return logGb(requests, design) * PRICES.logGb + accessLogGb * PRICES.objectGbMonth;
}

function logGb(requests: number, { logLevel }: Design): number {
  return logLevel === 'info' ? (requests * ASSUMED.logBytesPerRequest) / GB : 0;
}
