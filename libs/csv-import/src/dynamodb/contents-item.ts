import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { NO_CONTENTS, type FileContents, type LastRows } from '../job/file-contents.js';
import { fields, instant, number, numberOf, text, type ImportItem } from './item-values.js';

export function toContentsItem(contents: FileContents): AttributeValue {
  const { firstTimestamp, lastTimestamp, lastRows } = contents;
  return {
    M: {
      ...(firstTimestamp !== undefined && { first: { S: firstTimestamp } }),
      ...(lastTimestamp !== undefined && { last: { S: lastTimestamp } }),
      equipment: number(contents.equipment),
      equipmentExact: { BOOL: contents.isEquipmentExact },
      repeated: number(contents.repeatedRows),
      repeatedExact: { BOOL: contents.isRepeatedExact },
      ...(lastRows && { lastRows: toLastRowsItem(lastRows) }),
    },
  };
}

function toLastRowsItem({ metrics, entries }: LastRows): AttributeValue {
  const names = metrics.map((metric) => ({ S: metric }));
  return { M: { metrics: { L: names }, entries: { B: entries } } };
}

/** Checkpoints of earlier versions have none: what they hold was not looked at. */
export function contentsFrom(item: ImportItem | undefined): FileContents {
  if (!item) return { ...NO_CONTENTS, isEquipmentExact: false, isRepeatedExact: false };
  return {
    firstTimestamp: item['first'] && instant(item['first']),
    lastTimestamp: item['last'] && instant(item['last']),
    equipment: numberOf(item['equipment']),
    isEquipmentExact: item['equipmentExact']?.BOOL ?? false,
    repeatedRows: numberOf(item['repeated']),
    isRepeatedExact: item['repeatedExact']?.BOOL ?? false,
    lastRows: item['lastRows'] && lastRowsFrom(fields(item['lastRows'])),
  };
}

function lastRowsFrom({ metrics, entries }: ImportItem): LastRows {
  return {
    metrics: (metrics?.L ?? []).map(text),
    entries: entries?.B ?? new Uint8Array(0),
  };
}
