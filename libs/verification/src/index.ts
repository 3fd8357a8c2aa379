export { AggregateRepairer } from './aggregate-repairer.js';
export { Inspection } from './aggregate-comparison.js';
export { OccupiedDays } from './days-with-data.js';
export type { Difference, Level } from './difference.js';
export type { SweptHour } from './hourly-verifier.js';
export { FirstLooks } from './paged-comparison.js';
export { SweepLedger, type SweepPosition } from './verification-progress.js';
export type { SweepListener } from './verification-schedule.js';
export { Verification, type VerificationQuery, type VerificationReport } from './verification.js';
