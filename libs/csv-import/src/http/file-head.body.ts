import { ApiProperty } from '@nestjs/swagger';
import { accepted, refused, type Parsed } from '@sensorflow/kernel';
import { MAX_PREVIEW_BYTES } from '../preview/csv-preview.js';
import { FileOptionsBody } from './file-options.body.js';
import { IsParsed } from './option-constraints.js';

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const URL_BASE64 = /^[A-Za-z0-9_-]+={0,2}$/;
const MAX_BASE64_LENGTH = Math.ceil(MAX_PREVIEW_BYTES / 3) * 4;
const DATA_URL = /^data:[^,]{0,200};base64,/i;

/** What `head` is, and how a shell makes it. */
export const HEAD_ADVICE = `head is base64 (with + and /, in one line) of the first 1 to ${MAX_PREVIEW_BYTES} bytes of the file: head -c ${MAX_PREVIEW_BYTES} readings.csv | base64 | tr -d '\\n'`;

/** The beginning of a file, and how it is to be read. */
export class FileHeadBody extends FileOptionsBody {
  @ApiProperty({
    format: 'byte',
    maxLength: MAX_BASE64_LENGTH,
    example: Buffer.from('Zeit;Temp (°C)\n14.05.2023 10:00;21,5\n').toString('base64'),
    description:
      'base64 of the first bytes of the file, 64 KiB at most, as they are: gzip included',
  })
  @IsParsed('head-invalid', parseHead)
  head!: string;
}

/** The bytes in a `head`. Fault: `head-invalid`, which says what was sent in its place. */
function parseHead(value: unknown): Parsed<Buffer> {
  const fault = typeof value === 'string' ? faultIn(value) : 'It is not there or no text';
  return typeof value === 'string' && fault === undefined
    ? accepted(headIn(value))
    : refused('head-invalid', `${fault}: ${HEAD_ADVICE}`);
}

function faultIn(text: string): string | undefined {
  if (DATA_URL.test(text)) return 'Leave out "data:…;base64," in front of the base64';
  if (isBase64(text)) {
    const { length } = headIn(text);
    return length > MAX_PREVIEW_BYTES ? `It has ${length} bytes, too many` : undefined;
  }
  if (isBase64(text.replace(/[\r\n]/g, ''))) return 'Its base64 is cut into lines';
  return URL_BASE64.test(text) ? 'It is cut off, or base64 for URLs' : 'It is no base64';
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && BASE64.test(text);
}

export function headIn(base64: string): Buffer {
  return Buffer.from(base64, 'base64');
}
