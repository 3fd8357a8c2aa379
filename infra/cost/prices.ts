/**
 * Prices in US dollars as public pages told them in 2025 and 2026 for us-east-1 (Frankfurt is some 10 to 20 %
 * dearer). None was read on aws.amazon.com: change what has changed, here alone.
 */
export const PRICES = {
  /** DynamoDB on demand, a million units; a replica's write costs the same. */
  writeUnits: 0.625e-6,
  readUnits: 0.125e-6,
  tableGbMonth: 0.25,
  backupGbMonth: 0.2,
  /** Fargate on ARM. */
  processorHour: 0.03238,
  memoryGbHour: 0.00356,
  /** Lambda on ARM. */
  lambdaGbSecond: 13.3e-6,
  lambdaCall: 0.2e-6,
  balancerHour: 0.0225,
  balancerUnitHour: 0.008,
  firewallMonth: 5 + 3,
  firewallRequest: 0.6e-6,
  natHour: 0.045,
  natGb: 0.045,
  publicAddressHour: 0.005,
  logGb: 0.5,
  objectGbMonth: 0.023,
  /** PUT, a million. */
  objectPut: 5e-6,
  alarmMonth: 0.1,
  dashboardMonth: 3,
  secretMonth: 0.4,
  /** Route 53, of a load balancer, by HTTPS. */
  readinessCheckMonth: 0.5 + 1,
} as const;
