import { awsUriEncode } from '../aws-signature/canonical-request.js';

export interface ObjectCreated {
  readonly region: string;
  readonly bucket: string;
  readonly key: string;
  readonly size: number;
  /** Hexadecimal, without quotes. */
  readonly etagHex: string;
  /** Grows with every write of the key. */
  readonly sequence: number;
  readonly atEpochMs: number;
  readonly requestId: string;
}

/** S3's notification of one new object (S3 User Guide, "Event message structure"), as JSON. */
export function objectCreatedMessage(event: ObjectCreated): string {
  const record = {
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    awsRegion: event.region,
    eventTime: new Date(event.atEpochMs).toISOString(),
    eventName: 'ObjectCreated:Put',
    responseElements: { 'x-amz-request-id': event.requestId },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId: 'uploads',
      bucket: { name: event.bucket, arn: `arn:aws:s3:::${event.bucket}` },
      object: {
        key: eventKey(event.key),
        size: event.size,
        eTag: event.etagHex,
        sequencer: event.sequence.toString(16).toUpperCase().padStart(16, '0'),
      },
    },
  };
  return JSON.stringify({ Records: [record] });
}

/** Events carry keys URL-encoded, with `+` for a space; consumers must undo both. */
function eventKey(key: string): string {
  return key.split('/').map(awsUriEncode).join('/').replaceAll('%20', '+');
}
