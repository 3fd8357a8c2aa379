export { Clock, setAlarm, SystemClock } from './clock.js';
export { Decimal } from './decimal.js';
export { DomainError, type DomainErrorDetails, type ErrorKind } from './domain-error.js';
export {
  EPOCH_DIGITS,
  EPOCH_UNITS,
  instantFromEpoch,
  parseEpoch,
  type EpochTime,
  type EpochUnit,
} from './epoch.js';
export { FaultList, invalidRequest } from './fault-list.js';
export {
  accepted,
  refused,
  type Fault,
  type FaultParameters,
  type InputFault,
  type Parsed,
} from './fault.js';
export {
  daysInMonth,
  instantFromEpochMs,
  instantToEpochMs,
  parseInstant,
  showInstant,
  type Instant,
} from './instant.js';
export { pointerTo } from './json-pointer.js';
export { SharedRoom } from './shared-room.js';
export { forEachInSlices, nextTurn } from './slices.js';
export { RecentMap } from './recent-map.js';
export { nearestName, unknownName } from './unknown-name.js';
export { withoutTrailingZeros } from './trailing-zeros.js';
export { LIST_LIMITS, WorkBudget, type WorkCost, type WorkLimits } from './work-budget.js';
