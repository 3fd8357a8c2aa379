import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import {
  DEFAULT_OPTIONS,
  isDecimalSign,
  isDelimiter,
  isRepeatedHour,
  type ImportOptions,
} from '../grammar/import-options.js';
import { isTextEncoding } from '../text/text-encoding.js';

type OptionsItem = Record<string, AttributeValue>;

/** Options that were not given are not written, and read as what they were then. */
export function optionsToItem(options: ImportOptions): AttributeValue {
  const columns = [...options.columns].map(([column, name]): [string, AttributeValue] => [
    // A map's key must not be empty, a column's name may be.
    `:${column}`,
    name === null ? { NULL: true } : { S: name },
  ]);
  const { headerLine } = options;
  return {
    M: {
      ...texts(options),
      ...lists(options),
      ...(headerLine !== undefined && { headerLine: { N: String(headerLine) } }),
      columns: { M: Object.fromEntries(columns) },
      dryRun: { BOOL: options.dryRun },
    },
  };
}

const TEXTS = [
  'equipmentId',
  'timestampFormat',
  'timezone',
  'repeatedHour',
  'delimiter',
  'decimal',
  'encoding',
] as const;
const LISTS = ['names', 'missing'] as const;

function texts(options: ImportOptions): OptionsItem {
  const item: OptionsItem = {};
  for (const name of TEXTS) {
    const value = options[name];
    if (value !== undefined) item[name] = { S: value };
  }
  return item;
}

function lists(options: ImportOptions): OptionsItem {
  const item: OptionsItem = {};
  for (const name of LISTS) {
    const values = options[name];
    if (values) item[name] = { L: values.map((value) => ({ S: value })) };
  }
  return item;
}

export function optionsFrom(item: OptionsItem): ImportOptions {
  const delimiter = textIn(item, 'delimiter');
  const decimal = textIn(item, 'decimal');
  const encoding = textIn(item, 'encoding');
  const repeatedHour = textIn(item, 'repeatedHour');
  const headerLine = item['headerLine']?.N;
  const columns = Object.entries(item['columns']?.M ?? {});
  return {
    equipmentId: textIn(item, 'equipmentId'),
    columns: new Map(columns.map(([column, name]) => [column.slice(1), name.S ?? null])),
    headerLine: headerLine === undefined ? undefined : Number(headerLine),
    names: listIn(item, 'names'),
    timestampFormat: textIn(item, 'timestampFormat'),
    timezone: textIn(item, 'timezone'),
    repeatedHour: isRepeatedHour(repeatedHour) ? repeatedHour : DEFAULT_OPTIONS.repeatedHour,
    delimiter: isDelimiter(delimiter) ? delimiter : undefined,
    decimal: isDecimalSign(decimal) ? decimal : DEFAULT_OPTIONS.decimal,
    encoding: isTextEncoding(encoding) ? encoding : undefined,
    missing: listIn(item, 'missing'),
    dryRun: item['dryRun']?.BOOL ?? false,
  };
}

function textIn(item: OptionsItem, name: string): string | undefined {
  return item[name]?.S;
}

function listIn(item: OptionsItem, name: string): readonly string[] | undefined {
  return item[name]?.L?.map(({ S = '' }) => S);
}
