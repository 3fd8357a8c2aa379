export { HourCloser, type ClosingReport, type HourCloserPorts } from './closing/hour-closer.js';
export type { VerifiedHour } from './hourly-verifier.js';
export type { HourlyVerificationListener } from './verification-schedule.js';
