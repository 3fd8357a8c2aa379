import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { QUANTITIES } from '../cip-measurement.js';
import type { CipRecord } from '../cip-record.js';

const QUANTITY = { type: Number, example: 20.81 };

/** What a reading measured. */
class QuantitiesView {
  @ApiPropertyOptional(QUANTITY)
  temperature?: number;

  @ApiPropertyOptional(QUANTITY)
  pressure?: number;

  @ApiPropertyOptional(QUANTITY)
  concentration?: number;

  @ApiPropertyOptional(QUANTITY)
  flow?: number;

  @ApiPropertyOptional(QUANTITY)
  conductivity?: number;

  @ApiPropertyOptional(QUANTITY)
  humidity?: number;
}

/** A stored reading, with the members that the versions of the earlier service answered with. */
export class CipReadingView extends QuantitiesView {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ example: 'estacao_cip' })
  id_sensor!: string;

  @ApiProperty({ example: 'estacao_cip', description: 'the same as id_sensor' })
  sensor_id!: string;

  @ApiProperty({ type: String, nullable: true, example: '1' })
  cip_id!: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'active' })
  status_cip!: string | null;

  @ApiProperty({ format: 'date', description: 'in the time zone CIP_TIME_ZONE' })
  date_recorded!: string;

  @ApiProperty({ example: '12:30:45', description: 'in the time zone CIP_TIME_ZONE' })
  time_recorded!: string;

  @ApiProperty({ format: 'date-time', description: 'the instant of its arrival, UTC' })
  timestamp!: string;

  @ApiPropertyOptional({ example: '192.0.2.7', description: 'in the answer to the sender alone' })
  client_ip?: string;
}

/** A row of a query. */
export class CipRowView extends QuantitiesView {
  @ApiProperty({ format: 'date-time' })
  time!: string;

  @ApiProperty({ example: 'estacao_cip', description: 'the sensor' })
  local!: string;

  @ApiProperty({ type: String, nullable: true })
  cip_id!: string | null;

  @ApiProperty({ type: String, nullable: true })
  status_cip!: string | null;
}

export class CipRowsView {
  @ApiProperty({ example: 'the newest 10 readings of estacao_cip' })
  query!: string;

  @ApiProperty({ type: [CipRowView], description: 'the newest first' })
  results!: readonly CipRowView[];

  @ApiProperty({ type: 'integer', minimum: 0 })
  row_count!: number;
}

export class CipPingView {
  @ApiProperty({ enum: ['pong'] })
  message!: 'pong';

  @ApiProperty({ enum: ['ok'] })
  status!: 'ok';

  @ApiProperty({ format: 'date-time' })
  timestamp!: string;
}

export class CipHealthView {
  @ApiProperty({ enum: ['healthy', 'degraded'] })
  status!: 'healthy' | 'degraded';

  @ApiProperty({ format: 'date-time' })
  timestamp!: string;

  @ApiProperty({ example: '1.0.0' })
  version!: string;

  @ApiProperty({ example: 'sensorflow' })
  service!: string;

  @ApiProperty({ type: 'integer', minimum: 0 })
  uptime_seconds!: number;

  @ApiPropertyOptional({ type: [String], example: ['store unavailable'] })
  warnings?: readonly string[];

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string', enum: ['up', 'down'] },
    example: { store: 'up', identity: 'up' },
  })
  services!: Readonly<Record<string, 'up' | 'down'>>;
}

/** @param clientIp the address of who sent it, for the answer to that sender */
export function toCipReadingView(record: CipRecord, clientIp?: string): CipReadingView {
  return {
    id: record.id,
    ...record.quantities,
    date_recorded: record.date,
    time_recorded: record.time,
    id_sensor: record.sensor,
    sensor_id: record.sensor,
    cip_id: record.cipId,
    status_cip: record.statusCip,
    timestamp: record.timestamp,
    ...(clientIp !== undefined && { client_ip: clientIp }),
  };
}

export function toCipRowView(record: CipRecord): CipRowView {
  return {
    time: record.timestamp,
    local: record.sensor,
    cip_id: record.cipId,
    status_cip: record.statusCip,
    ...record.quantities,
  };
}

const NUMBER_OR_TEXT = {
  oneOf: [{ type: 'number' as const }, { type: 'string' as const }],
  nullable: true,
};

/** What a device may send; other members are ignored, as they always were. */
export function cipBodySchema(required: readonly string[]) {
  return {
    type: 'object' as const,
    required: [...required],
    properties: {
      ...Object.fromEntries(QUANTITIES.map((quantity) => [quantity, NUMBER_OR_TEXT])),
      id_sensor: { type: 'string' as const },
      sensor_id: { type: 'string' as const },
      cip_id: { type: 'string' as const },
      status_cip: { type: 'string' as const },
    },
    example: {
      id_sensor: 'estacao_cip',
      cip_id: '1',
      status_cip: 'active',
      temperature: 20.81,
      pressure: 1.42,
      concentration: 0.01,
    },
  };
}
