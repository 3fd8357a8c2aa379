import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { showInstant } from '@sensorflow/kernel';
import { DEFAULT_METRIC, type StoredReading } from '../reading.js';
import { exampleReading, METRICS_SCHEMA, TAGS_SCHEMA } from './reading.schema.js';

/** A reading as the API shows it: its metrics in `values`, and in `value` where that is the only one. */
export class ReadingView {
  @ApiProperty({ example: exampleReading.equipmentId })
  equipmentId!: string;

  @ApiProperty({ format: 'date-time', example: '2023-02-15T06:30:00.000Z' })
  timestamp!: string;

  @ApiPropertyOptional({
    type: Number,
    description: 'where `value` is the only metric',
    example: exampleReading.value,
  })
  value?: number;

  @ApiProperty({
    ...METRICS_SCHEMA,
    description: `${METRICS_SCHEMA.description}; in order of the names`,
    example: { value: exampleReading.value },
  })
  values!: Readonly<Record<string, number>>;

  @ApiPropertyOptional(TAGS_SCHEMA)
  tags?: Readonly<Record<string, string>>;

  @ApiProperty({
    format: 'date-time',
    description: 'the instant of its last receipt',
    example: '2023-02-15T06:30:00.731Z',
  })
  registerTime!: string;
}

/** A page of readings. */
export class ReadingPageView {
  @ApiProperty({ type: [ReadingView] })
  items!: readonly ReadingView[];

  @ApiProperty({ type: String, nullable: true, description: 'null at the end' })
  nextCursor!: string | null;
}

/** In order of the names, so that equal readings are equal text. */
export function byName<T>(members: ReadonlyMap<string, T>): Readonly<Record<string, T>> {
  if (members.size < 2) return Object.fromEntries(members);
  return Object.fromEntries([...members].sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function toReadingView(reading: StoredReading): ReadingView {
  const value = reading.values.get(DEFAULT_METRIC);
  return {
    equipmentId: reading.equipmentId,
    timestamp: showInstant(reading.timestamp),
    ...(value !== undefined && reading.values.size === 1 && { value }),
    values: byName(reading.values),
    ...(reading.tags.size > 0 && { tags: byName(reading.tags) }),
    registerTime: showInstant(reading.registerTime),
  };
}
