import { ApiProperty } from '@nestjs/swagger';

/** Which service and which version answers. */
export abstract class ServiceIdentity {
  abstract readonly name: string;
  abstract readonly version: string;
}

export class ServiceView {
  @ApiProperty({ enum: ['ok'] })
  status!: 'ok';

  @ApiProperty({ example: 'sensorflow' })
  name!: string;

  @ApiProperty({ example: '0.1.0' })
  version!: string;
}

export class LivenessView {
  @ApiProperty({ enum: ['ok'] })
  status!: 'ok';
}

export class ReadinessView {
  @ApiProperty({ enum: ['ok'] })
  status!: 'ok';

  @ApiProperty({ type: 'object', additionalProperties: { type: 'string', enum: ['up', 'down'] } })
  checks!: Readonly<Record<string, 'up' | 'down'>>;
}
