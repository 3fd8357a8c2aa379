import { deflateRawSync } from 'node:zlib';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { changeMessages } from './change-message.js';
import { markerBody, MEMORY_MS, RecentMessages } from './recent-messages.js';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

const NOW = 1_700_000_000_000;

function message(number: number, publishedAtEpochMs = NOW + number) {
  return { id: `m${number}`, publishedAtEpochMs, body: markerBody(String(number)) };
}

const NOBODY = { id: '', publishedAtEpochMs: 0, next: undefined, isForgotten: false };

/** A thousand steady readings. */
function bodyOf(equipmentId: string): string {
  const [first] = changeMessages([
    {
      equipmentId,
      key: '2026-11-30T08#s#16:39#0000h2m5k1gabcdefghij',
      instants: 's0 1*999',
      columns: new Map([['value', '1*1000']]),
    },
  ]);
  return first?.body ?? '';
}

function filled(count: number, maxBytes?: number): RecentMessages {
  const messages = new RecentMessages(() => undefined, maxBytes);
  for (let number = 0; number < count; number += 1) messages.add(message(number));
  return messages;
}

describe('recent messages', () => {
  it('lead from each to the next in the order in which they came', () => {
    const messages = filled(3);

    const ids: string[] = [];
    for (let at = messages.find('m0'); at; at = at.next) ids.push(at.id);

    expect(ids).toEqual(['m0', 'm1', 'm2']);
    expect(messages.newest?.id).toBe('m2');
  });

  it('know a message that is told again', () => {
    const messages = filled(2);

    expect(messages.add(message(0))).toBe(false);
    expect(messages.newest?.id).toBe('m1');
  });

  it('forget what is older than 15 minutes, and say so to who is still there', () => {
    const messages = filled(2);
    const first = messages.find('m0');

    messages.add(message(2, NOW + MEMORY_MS + 1));

    expect(messages.find('m0')).toBeUndefined();
    expect(first?.isForgotten).toBe(true);
    expect(messages.find('m1')?.isForgotten).toBe(false);
  });

  it('take no more memory than they say, whatever else the process does between them', () => {
    const body = deflateRawSync('x'.repeat(500), { level: 0 }).toString('base64');
    const messages = filled(1);
    collectGarbage();
    const before = process.memoryUsage().arrayBuffers;

    for (let number = 1; number <= 1000; number += 1) {
      messages.add({ ...message(number), body });
      // As requests, answers and calls to the store do.
      for (let other = 0; other < 10; other += 1) Buffer.from('y'.repeat(10_000));
    }
    collectGarbage();

    expect(messages.find('m1')).toBeDefined();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(5_000_000);
  });

  it('stay unpacked for the feeds behind, as long as they are few and small', () => {
    const messages = filled(1);
    for (let number = 1; number <= 32; number += 1) {
      messages.add({ ...message(number), body: bodyOf(`EQ-${number}`) });
    }
    const [first, again] = [0, 1].map(() => messages.changesOf(messages.find('m1') ?? NOBODY));
    for (let number = 2; number <= 32; number += 1) {
      messages.changesOf(messages.find(`m${number}`) ?? NOBODY);
    }

    const later = messages.changesOf(messages.find('m1') ?? NOBODY);
    const newest = [0, 1].map(() => messages.changesOf(messages.newest ?? NOBODY));

    expect(first?.size).toBe(1);
    expect(again).toBe(first);
    expect(later).not.toBe(first);
    expect(later).toEqual(first);
    expect(newest[0]).toBe(newest[1]);
  });

  it('forget the oldest when they take too much memory, but never the newest', () => {
    const messages = filled(100, 3500);

    expect(messages.find('m0')).toBeUndefined();
    expect(messages.find('m99')).toBeDefined();
    expect(messages.find('m98')).toBeDefined();
    expect(filled(2, 0).newest?.id).toBe('m1');
  });
});
