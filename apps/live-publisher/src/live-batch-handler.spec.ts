import type { ChangePublisher } from '@sensorflow/live';
import { changesIn } from '@sensorflow/live/change-message.js';
import { createLogger } from '@sensorflow/platform/logging/logger.js';
import { describe, expect, it } from 'vitest';
import { liveBatchHandler } from './live-batch-handler.js';

const STAMP = '0000h2m5k1gabcdefghij';

class RecordingPublisher implements ChangePublisher {
  readonly bodies: string[] = [];
  takes = Infinity;

  async publish(body: string): Promise<void> {
    if (this.bodies.length >= this.takes) throw new Error('the topic is out');
    this.bodies.push(body);
  }
}

function record(number: number, value = '1', more: object = {}) {
  const equipmentId = { S: `EQ-${number}` };
  const block = { S: `2026-11-30T08#s#12:18#${STAMP}` };
  return {
    eventName: 'INSERT',
    dynamodb: {
      SequenceNumber: String(number),
      NewImage: { equipmentId, block, v: { M: { value: { S: value } } } },
    },
    ...more,
  };
}

function handlerOf(publisher: ChangePublisher) {
  return liveBatchHandler(publisher, createLogger('silent'));
}

function equipmentIn(publisher: RecordingPublisher): readonly string[] {
  return publisher.bodies.flatMap((body) => [...changesIn(Buffer.from(body, 'base64')).keys()]);
}

describe('the live publisher', () => {
  it('publishes the new blocks of a batch, and neither what expired nor what was written again', async () => {
    const publisher = new RecordingPublisher();

    const response = await handlerOf(publisher)({
      Records: [
        record(1),
        record(2, '1', { eventName: 'REMOVE' }),
        record(3, '1', { eventName: 'MODIFY' }),
        record(4),
      ],
    });

    expect(equipmentIn(publisher)).toEqual(['EQ-1', 'EQ-4']);
    expect(response).toEqual({ batchItemFailures: [] });
  });

  it('publishes nothing for a batch without new blocks', async () => {
    const publisher = new RecordingPublisher();

    await handlerOf(publisher)({ Records: [record(1, '1', { eventName: 'REMOVE' })] });

    expect(publisher.bodies).toEqual([]);
  });

  it('names the first record that the topic did not take, so that the stream continues there', async () => {
    const publisher = new RecordingPublisher();
    publisher.takes = 1;
    const Records = Array.from({ length: 100 }, (_, index) =>
      record(index, `0.${'1'.repeat(4000)}`),
    );

    const { batchItemFailures } = await handlerOf(publisher)({ Records });

    const published = equipmentIn(publisher).length;
    expect(published).toBeGreaterThan(10);
    expect(batchItemFailures).toEqual([{ itemIdentifier: String(published) }]);
  });

  it('leaves out records that are not blocks, which would block all later ones', async () => {
    const publisher = new RecordingPublisher();
    const odd = record(1);
    const broken = {
      ...odd,
      dynamodb: { ...odd.dynamodb, NewImage: { equipmentId: { S: 'EQ-1' }, block: { S: 'odd' } } },
    };

    const response = await handlerOf(publisher)({
      Records: [broken, { eventName: 'INSERT', dynamodb: { SequenceNumber: '5' } }, record(2)],
    });

    expect(equipmentIn(publisher)).toEqual(['EQ-2']);
    expect(response).toEqual({ batchItemFailures: [] });
  });

  it('brings columns of doubles, which are base64 in an event', async () => {
    const publisher = new RecordingPublisher();
    const doubles = Buffer.alloc(8);
    doubles.writeDoubleBE(2.5);
    const NewImage = {
      equipmentId: { S: 'EQ-1' },
      block: { S: `2026-11-30T08#s#12:18#${STAMP}` },
      v: { M: { value: { B: doubles.toString('base64') } } },
    };

    await handlerOf(publisher)({
      Records: [{ eventName: 'INSERT', dynamodb: { SequenceNumber: '1', NewImage } }],
    });

    const [change] = changesIn(Buffer.from(publisher.bodies[0] ?? '', 'base64')).get('EQ-1') ?? [];
    expect(change?.kind === 'readings' && change.readings[0]?.values.get('value')).toBe(2.5);
  });
});
