import { ApiProperty } from '@nestjs/swagger';
import { MAX_PREVIEW_BYTES } from '../preview/csv-preview.js';
import { FileOptionsBody } from './file-options.body.js';
import { Satisfies } from './option-constraints.js';

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const MAX_BASE64_LENGTH = Math.ceil(MAX_PREVIEW_BYTES / 3) * 4;

/** The beginning of a file, and how it is to be read. */
export class FileHeadBody extends FileOptionsBody {
  @ApiProperty({
    format: 'byte',
    maxLength: MAX_BASE64_LENGTH,
    example: Buffer.from('Zeit;Temp (°C)\n14.05.2023 10:00;21,5\n').toString('base64'),
    description:
      'base64 of the first bytes of the file, 64 KiB at most, as they are: gzip included',
  })
  @Satisfies(
    'head-invalid',
    `head is base64 (with + and /) of the first 1 to ${MAX_PREVIEW_BYTES} bytes of the file.`,
    isHead,
  )
  head!: string;
}

function isHead(value: unknown): boolean {
  if (typeof value !== 'string' || value.length > MAX_BASE64_LENGTH) return false;
  return value.length % 4 === 0 && BASE64.test(value) && headIn(value).length <= MAX_PREVIEW_BYTES;
}

export function headIn(base64: string): Buffer {
  return Buffer.from(base64, 'base64');
}
