import { ApiProperty } from '@nestjs/swagger';
import { FileOptionsBody } from './file-options.body.js';
import { Satisfies } from './option-constraints.js';

/** What opens an import. */
export class NewImportBody extends FileOptionsBody {
  @ApiProperty({
    type: 'integer',
    minimum: 1,
    example: 1_367_695,
    description: 'bytes of the file',
  })
  @Satisfies(
    'size-invalid',
    'The size is a whole number of bytes, at least 1.',
    (value) => typeof value === 'number' && Number.isInteger(value) && value >= 1,
  )
  size!: number;
}
