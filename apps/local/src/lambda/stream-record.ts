import type { _Record } from '@aws-sdk/client-dynamodb-streams';

/** A stream record as Lambda hands it to a function: plain JSON, binaries in base64, times in epoch seconds. */
export interface StreamRecord {
  readonly eventID?: string;
  readonly eventName?: string;
  readonly eventVersion?: string;
  readonly eventSource: 'aws:dynamodb';
  readonly awsRegion?: string;
  readonly eventSourceARN: string;
  readonly userIdentity?: { readonly type: string; readonly principalId: string };
  readonly dynamodb: {
    /** Opaque: on AWS 21 to 40 digits, which neither a number nor a string comparison can order. */
    readonly SequenceNumber: string;
    readonly ApproximateCreationDateTime?: number;
    readonly Keys?: unknown;
    readonly NewImage?: unknown;
    readonly OldImage?: unknown;
    readonly SizeBytes?: number;
    readonly StreamViewType?: string;
  };
}

export function toStreamRecord(record: _Record, streamArn: string): StreamRecord {
  const { dynamodb = {}, userIdentity } = record;
  const { ApproximateCreationDateTime: createdAt, SequenceNumber: sequenceNumber } = dynamodb;
  if (sequenceNumber === undefined) throw new Error('A stream record without sequence number.');
  return {
    ...(record.eventID !== undefined && { eventID: record.eventID }),
    ...(record.eventName !== undefined && { eventName: record.eventName }),
    ...(record.eventVersion !== undefined && { eventVersion: record.eventVersion }),
    eventSource: 'aws:dynamodb',
    ...(record.awsRegion !== undefined && { awsRegion: record.awsRegion }),
    eventSourceARN: streamArn,
    ...(userIdentity !== undefined && {
      // Lambda's event spells these in lower case, the streams API in upper case. dynoxide writes lower case, which
      // the SDK drops; but it only ever names the service that removes what has expired.
      userIdentity: {
        type: userIdentity.Type ?? 'Service',
        principalId: userIdentity.PrincipalId ?? 'dynamodb.amazonaws.com',
      },
    }),
    dynamodb: {
      SequenceNumber: sequenceNumber,
      ...(createdAt !== undefined && { ApproximateCreationDateTime: createdAt.getTime() / 1000 }),
      ...(dynamodb.Keys !== undefined && { Keys: asPlainJson(dynamodb.Keys) }),
      ...(dynamodb.NewImage !== undefined && { NewImage: asPlainJson(dynamodb.NewImage) }),
      ...(dynamodb.OldImage !== undefined && { OldImage: asPlainJson(dynamodb.OldImage) }),
      ...(dynamodb.SizeBytes !== undefined && { SizeBytes: dynamodb.SizeBytes }),
      ...(dynamodb.StreamViewType !== undefined && { StreamViewType: dynamodb.StreamViewType }),
    },
  };
}

/** Attribute values, with binaries as Lambda shows them. */
function asPlainJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(asPlainJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, asPlainJson(part)]));
}
