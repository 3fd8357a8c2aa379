import { env } from 'node:process';

/**
 * Preloaded by a process under test: its clock is so many milliseconds ahead, as Node's own code and timers do not
 * notice, and everything else does.
 */
const aheadMs = Number(env.CLOCK_AHEAD_MS);
const RealDate = Date;
const now = () => RealDate.now() + aheadMs;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  apply: () => new RealDate(now()).toString(),
  get: (target, property) => (property === 'now' ? now : Reflect.get(target, property)),
});
