import { ApiProperty } from '@nestjs/swagger';

class RestView {
  @ApiProperty({ format: 'date-time', example: '2023-02-15T06:30:00.000Z' })
  from!: string;

  @ApiProperty({ format: 'date-time', example: '2023-02-16T00:00:00.000Z' })
  to!: string;
}

/** What is left of a removal that is not finished. */
export class RemovalRestView {
  static readonly example = {
    rest: { from: '2023-02-15T06:30:00.000Z', to: '2023-02-16T00:00:00.000Z' },
  };

  @ApiProperty({ type: RestView, description: 'what is left of the range: the next request' })
  rest!: RestView;
}
