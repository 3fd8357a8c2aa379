import type { Logger } from 'pino';

/** Looked at by an alarm. */
export const LIVE_HEARD_LATE = 'live-heard-late';

/** Logs that this process receives live readings late, or not at all. */
export function liveLateLog(logger: Logger): (lateMs: number) => void {
  return (lateMs) => {
    const lateSeconds = Math.round(lateMs / 1000);
    logger.warn({ code: LIVE_HEARD_LATE, lateSeconds }, 'live readings are heard late');
  };
}
