import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { GROUPS } from '@sensorflow/platform/resources/identity.js';
import { IsBoolean, IsIn, IsOptional, Matches } from 'class-validator';

/** What names new people may have; those that are there may have others. */
const USERNAME = /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}$/;

const IN_GROUPS = {
  message: `The group is one of ${GROUPS.join(', ')}.`,
  context: { code: 'group-invalid' },
};

export class NewPersonBody {
  @ApiProperty({ pattern: USERNAME.source, example: 'grace' })
  @Matches(USERNAME, {
    message:
      'A user name is 1 to 128 letters, digits, ".", "_", "@", "+" or "-", and begins with a letter or digit.',
    context: { code: 'username-invalid' },
  })
  username!: string;

  @ApiProperty({ enum: GROUPS, example: 'operators' })
  @IsIn(GROUPS, IN_GROUPS)
  group!: string;
}

export class PersonChangeBody {
  @ApiPropertyOptional({ enum: GROUPS, description: 'the only group from then on' })
  @IsOptional()
  @IsIn(GROUPS, IN_GROUPS)
  group?: string;

  @ApiPropertyOptional()
  @IsOptional()
  @IsBoolean({ message: 'enabled is true or false.', context: { code: 'enabled-invalid' } })
  enabled?: boolean;
}
