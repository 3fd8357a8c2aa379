import { describe, expect, it } from 'vitest';
import { streamRecordsOf } from './stream-records.js';

const KEYS = { equipmentId: { S: 'EQ-1' } };

describe('the records of a batch', () => {
  it('say what changed, and who changed it when', () => {
    const [OldImage, NewImage] = [{ value: { N: '1' } }, { value: { N: '2' } }];
    const userIdentity = { type: 'Service', principalId: 'dynamodb.amazonaws.com' };
    const images = { Keys: KEYS, OldImage, NewImage };
    const dynamodb = { SequenceNumber: '7', ApproximateCreationDateTime: 5, ...images };

    const records = streamRecordsOf({
      Records: [
        { eventName: 'MODIFY', userIdentity, dynamodb },
        { dynamodb: { SequenceNumber: '8' } },
      ],
    });

    expect(records).toEqual([
      {
        sequenceNumber: '7',
        eventName: 'MODIFY',
        userIdentity,
        createdAtEpochSeconds: 5,
        keys: KEYS,
        oldImage: OldImage,
        newImage: NewImage,
      },
      { sequenceNumber: '8' },
    ]);
  });

  it.each([
    [undefined],
    [null],
    [{}],
    [{ Records: {} }],
    [{ Records: [null] }],
    [{ Records: [{ dynamodb: { Keys: KEYS } }] }],
    [{ Records: [{ dynamodb: { Keys: KEYS, SequenceNumber: '' } }] }],
  ])('cannot be reported as failed in %j, which is refused as a whole', (event) => {
    expect(() => streamRecordsOf(event)).toThrow(TypeError);
  });
});
