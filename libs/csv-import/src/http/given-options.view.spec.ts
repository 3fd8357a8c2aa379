import 'reflect-metadata';
import { describe, expect, it } from 'vitest';
import { DEFAULT_OPTIONS, type ImportOptions } from '../grammar/import-options.js';
import { toImportOptions } from './file-options.body.js';
import { toGivenOptionsView } from './given-options.view.js';

const ALL: ImportOptions = {
  equipmentId: 'EQ-1',
  columns: new Map([
    ['Zeit', 'timestamp'],
    ['T#2', null],
  ]),
  headerLine: 0,
  names: ['Zeit', 'T', 'T'],
  timestampFormat: 'dd.MM.yyyy HH:mm',
  timezone: 'Europe/Berlin',
  repeatedHour: 'in-order',
  delimiter: ';',
  decimal: ',',
  encoding: 'windows-1252',
  missing: ['-200'],
  dryRun: true,
};

describe('options as they are shown', () => {
  it.each([['none', DEFAULT_OPTIONS] as const, ['all', ALL] as const])(
    'mean the same when they are sent again: %s',
    (_, options) => {
      const sent: unknown = JSON.parse(JSON.stringify(toGivenOptionsView(options)));

      expect(toImportOptions(Object.assign({ fileName: 'a.csv' }, sent))).toEqual(options);
    },
  );
});
