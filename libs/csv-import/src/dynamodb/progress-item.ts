import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Fault } from '@sensorflow/kernel';
import type {
  ManifestProgress,
  RecomputationProgress,
  UndoProgress,
} from '../job/import-record.js';
import { fields, number, numberOf, text, type ImportItem } from './item-values.js';

export function toRecomputationItem(progress: RecomputationProgress): AttributeValue {
  const { failure, startedAtEpochMs, totalHours } = progress;
  return {
    M: {
      ...toProgressItem(progress),
      startedAt: number(startedAtEpochMs),
      totalHours: number(totalHours),
      ...(failure && { failure: toFailureItem(failure) }),
    },
  };
}

function toProgressItem({ doneHours, nextPart, nextHour }: ManifestProgress): ImportItem {
  return {
    doneHours: number(doneHours),
    nextPart: number(nextPart),
    nextHour: number(nextHour),
  };
}

export function toUndoItem(undo: UndoProgress): AttributeValue {
  const { by, startedAtEpochMs, askedAtEpochMs, totalHours, sealedHours } = undo;
  return {
    M: {
      ...toProgressItem(undo),
      by: { S: by },
      startedAt: number(startedAtEpochMs),
      askedAt: number(askedAtEpochMs),
      ...(totalHours !== undefined && { totalHours: number(totalHours) }),
      sealedHours: number(sealedHours),
    },
  };
}

export function undoFrom(item: ImportItem): UndoProgress {
  return {
    ...progressFrom(item),
    by: text(item['by']),
    startedAtEpochMs: numberOf(item['startedAt']),
    askedAtEpochMs: numberOf(item['askedAt']),
    totalHours: item['totalHours'] && numberOf(item['totalHours']),
    sealedHours: numberOf(item['sealedHours']),
  };
}

export function recomputationFrom(item: ImportItem): RecomputationProgress {
  return {
    ...progressFrom(item),
    startedAtEpochMs: numberOf(item['startedAt']),
    totalHours: numberOf(item['totalHours']),
    failure: item['failure'] && failureFrom(fields(item['failure'])),
  };
}

function progressFrom(item: ImportItem): ManifestProgress {
  return {
    doneHours: numberOf(item['doneHours']),
    nextPart: numberOf(item['nextPart']),
    nextHour: numberOf(item['nextHour']),
  };
}

export function failureFrom(item: ImportItem): Fault {
  return { code: text(item['code']), detail: text(item['detail']) };
}

export function toFailureItem(failure: Fault): AttributeValue {
  return { M: { code: { S: failure.code }, detail: { S: failure.detail } } };
}
