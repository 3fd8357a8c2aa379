import { member } from '@sensorflow/platform/aws/json-member.js';
import { streamRecordsOf } from '@sensorflow/platform/aws/stream-records.js';
import type { ScheduledTask } from '@sensorflow/platform/resources/event-sources.js';
import type {
  RemainingTime,
  StreamBatchHandler,
  StreamBatchResponse,
} from './stream-batch-handler.js';

export type TaskRunner = (context: RemainingTime) => Promise<void>;

/**
 * The function that Lambda calls, with a batch of a stream or with a scheduled task. Throws for an event
 * that is neither.
 */
export function lambdaOf(
  handle: StreamBatchHandler,
  tasks: Readonly<Record<ScheduledTask, TaskRunner>>,
): (event: unknown, context: RemainingTime) => Promise<StreamBatchResponse | undefined> {
  return async (event, context) => {
    const task = member(event, 'task');
    if (task === undefined) return handle(streamRecordsOf(event), context);
    if (!isTask(task, tasks)) throw new TypeError('the event names no task');
    await tasks[task](context);
    return undefined;
  };
}

function isTask(task: unknown, tasks: object): task is ScheduledTask {
  return typeof task === 'string' && Object.hasOwn(tasks, task);
}
