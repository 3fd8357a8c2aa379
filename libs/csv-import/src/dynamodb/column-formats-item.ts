import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { ColumnFormatsState } from '../grammar/column-formats.js';
import { fields, text, type ImportItem } from './item-values.js';

export function toColumnFormatsItem({ possible, ruledOut }: ColumnFormatsState): AttributeValue {
  const formats = possible.map(({ format, example, meaning }) => ({
    M: { format: { S: format }, example: { S: example }, meaning: { S: meaning } },
  }));
  return { M: { possible: { L: formats }, ruledOut: { L: ruledOut.map((one) => ({ S: one })) } } };
}

export function columnFormatsFrom(item: ImportItem): ColumnFormatsState {
  return {
    possible: (item['possible']?.L ?? []).map(fields).map(({ format, example, meaning }) => {
      return { format: text(format), example: text(example), meaning: text(meaning) };
    }),
    ruledOut: (item['ruledOut']?.L ?? []).map(text),
  };
}
