export { AggregateRepairer } from './aggregate-repairer.js';
export { AggregateComparison } from './aggregate-comparison.js';
export { DaysWithData } from './days-with-data.js';
export type { Difference, Level } from './difference.js';
export type { VerifiedHour } from './hourly-verifier.js';
export { PagedComparison } from './paged-comparison.js';
export { VerificationProgress, type VerificationPosition } from './verification-progress.js';
export type { HourlyVerificationListener } from './verification-schedule.js';
export { Verification, type VerificationQuery, type VerificationReport } from './verification.js';
