import { SystemClock, WorkBudget } from '@sensorflow/kernel';

/** For work that only the signal ends. */
export function aBudget(signal = new AbortController().signal): WorkBudget {
  return new WorkBudget(signal, new SystemClock());
}
