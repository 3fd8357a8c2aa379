export type { VerifiedHour } from './hourly-verifier.js';
export type { HourlyVerificationListener } from './verification-schedule.js';
