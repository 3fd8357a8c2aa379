import { SystemClock, WorkBudget } from '@sensorflow/kernel';

/** Of work that nobody breaks off, unless the signal does. */
export function aBudget(signal = new AbortController().signal): WorkBudget {
  return new WorkBudget(signal, new SystemClock());
}
