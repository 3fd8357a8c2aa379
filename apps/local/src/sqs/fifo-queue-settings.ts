import { member } from '@sensorflow/platform/aws/json-member.js';
import { invalidParameter, SqsError } from './sqs-error.js';

/** What the attributes of a FIFO queue say. */
export interface FifoQueueSettings {
  readonly visibilitySeconds: number;
  readonly retentionSeconds: number;
  /** As it was sent; empty for none. */
  readonly policy: string;
  readonly isEncrypted: boolean;
}

const DEFAULTS: FifoQueueSettings = {
  visibilitySeconds: 30,
  retentionSeconds: 345_600,
  policy: '',
  isEncrypted: true,
};

type Attributes = Readonly<Record<string, unknown>>;

/** Throws SqsError for attributes that SQS does not know or take. */
export function settingsOf(
  attributes: Attributes,
  known: FifoQueueSettings = DEFAULTS,
): FifoQueueSettings {
  const changes = Object.entries(attributes).map(([name, value]) => {
    if (typeof value !== 'string') throw invalidParameter(`${name} must be text.`);
    return settingOf(name, value);
  });
  return Object.assign({ ...known }, ...changes);
}

function settingOf(name: string, value: string): Partial<FifoQueueSettings> {
  switch (name) {
    case 'VisibilityTimeout':
      return { visibilitySeconds: secondsIn(name, value, 0, 43_200) };
    case 'MessageRetentionPeriod':
      return { retentionSeconds: secondsIn(name, value, 60, 1_209_600) };
    case 'SqsManagedSseEnabled':
      return { isEncrypted: value === 'true' };
    case 'Policy':
      return { policy: policyIn(value) };
    case 'FifoQueue':
      if (value === 'true') return {};
      throw invalidAttribute(`${name} can only be true.`);
    default:
      throw new SqsError(400, 'InvalidAttributeName', `Unknown Attribute ${name}.`);
  }
}

function secondsIn(name: string, text: string, least: number, most: number): number {
  const value = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw invalidAttribute(`Invalid value for the parameter ${name}.`);
}

function policyIn(text: string): string {
  if (text === '' || statementsOf(text).length > 0) return text;
  throw invalidAttribute('Invalid value for the parameter Policy.');
}

function invalidAttribute(message: string): SqsError {
  return new SqsError(400, 'InvalidAttributeValue', message);
}

function statementsOf(policy: string): readonly unknown[] {
  try {
    const parsed: unknown = JSON.parse(policy);
    return [member(parsed, 'Statement') ?? []].flat();
  } catch {
    return [];
  }
}

/** Whether the queue's policy lets a topic send to it: nobody else is asked. */
export function letsTopicSend(policy: string, queueArn: string, topicArn: string): boolean {
  return statementsOf(policy).some((statement) => {
    const condition = member(statement, 'Condition');
    const source =
      member(member(condition, 'ArnEquals'), 'aws:SourceArn') ??
      member(member(condition, 'ArnLike'), 'aws:SourceArn');
    return (
      member(statement, 'Effect') === 'Allow' &&
      includes(member(member(statement, 'Principal'), 'Service'), 'sns.amazonaws.com') &&
      includes(member(statement, 'Action'), 'sqs:SendMessage') &&
      includes(member(statement, 'Resource'), queueArn) &&
      (condition === undefined || includes(source, topicArn))
    );
  });
}

function includes(oneOrMore: unknown, wanted: string): boolean {
  return [oneOrMore].flat().includes(wanted);
}
