/**
 * Prices in US dollars for us-east-1 (Frankfurt is some 10 to 20 % dearer), as public pages told them; none was
 * read in an account. Change what has changed, here alone.
 *
 * DynamoDB: on demand since November 2024 (airbyte.com, July 2025), provisioned $0.00065 and $0.00013 a unit and hour
 * (wring.co, March 2026), a replica's write as any other. Fargate on ARM: vantage.sh, June 2026. Load balancer and its
 * units: handbook.vantage.sh, awsnegotiations.com, May 2026. Firewall: c3x.dev, 2026. NAT, public addresses and
 * transfer: egresscost.com, leanopstech.com, April 2026. Cognito's tokens: cur.vantage-api.com, April 2025; machines
 * themselves are no longer billed (Cognito's guide, "Monitoring and managing costs"). The rest is from memory.
 */
export const PRICES = {
  /** DynamoDB on demand, a unit. */
  writeUnit: 0.625e-6,
  readUnit: 0.125e-6,
  /** Provisioned, a unit a second for an hour: $0.18 and $0.036 a million when all of it is used. */
  writeCapacityHour: 0.00065,
  readCapacityHour: 0.00013,
  tableGbMonth: 0.25,
  backupGbMonth: 0.2,
  /** Fargate on ARM. */
  processorHour: 0.03238,
  memoryGbHour: 0.00356,
  /** Lambda on ARM. Its reads of streams are free. */
  lambdaGbSecond: 13.3e-6,
  lambdaCall: 0.2e-6,
  balancerHour: 0.0225,
  balancerUnitHour: 0.008,
  /** The list and three rules. */
  firewallMonth: 5 + 3,
  firewallRequest: 0.6e-6,
  natHour: 0.045,
  natGb: 0.045,
  publicAddressHour: 0.005,
  /** To the internet: up to so many GB a month, each. */
  transferOutGb: [
    { upTo: 10_000, price: 0.09 },
    { upTo: 50_000, price: 0.085 },
    { upTo: 150_000, price: 0.07 },
    { upTo: Infinity, price: 0.05 },
  ],
  /** From one Region to another. */
  betweenRegionsGb: 0.02,
  logGb: 0.5,
  objectGbMonth: 0.023,
  /** PUT. */
  objectPut: 5e-6,
  /** For each metric that it looks at. */
  alarmMonth: 0.1,
  customMetricMonth: 0.3,
  dashboardMonth: 3,
  secretMonth: 0.4,
  queueRequest: 0.4e-6,
  fifoQueueRequest: 0.5e-6,
  /** Publishing to a FIFO topic: for each, and for its bytes. */
  topicRequest: 0.3e-6,
  topicGb: 0.017,
  /** Not found: as if it were a month of S3. A topic keeps a day at the least. */
  topicArchiveGb: 0.023,
  /** Of a machine. */
  token: 0.00225,
  /** Route 53, of a load balancer, by HTTPS. */
  readinessCheckMonth: 0.5 + 1,
} as const;
