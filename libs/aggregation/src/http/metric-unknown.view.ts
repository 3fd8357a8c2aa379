import { ApiProperty } from '@nestjs/swagger';

/** What the refusal of a metric says beside the usual members. */
export class MetricUnknownView {
  static readonly example = { metrics: ['pressure', 'temperature'] };

  @ApiProperty({
    type: [String],
    description: 'what the equipment measures, 100 at most',
    example: MetricUnknownView.example.metrics,
  })
  metrics!: readonly string[];
}
