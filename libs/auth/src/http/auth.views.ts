import { ApiProperty } from '@nestjs/swagger';
import { SCOPES, type Caller, type Scope } from '../caller.js';

export class MessageView {
  @ApiProperty({ example: 'Logged in.' })
  readonly message!: string;
}

/** Who is calling, as the caller sees it. */
export class CallerView {
  @ApiProperty({ example: 'demo' })
  readonly username!: string;

  @ApiProperty({ description: 'stable identifier of the user or client' })
  readonly subject!: string;

  @ApiProperty({ enum: ['user', 'machine'] })
  readonly kind!: 'user' | 'machine';

  @ApiProperty({ enum: SCOPES, isArray: true })
  readonly scopes!: readonly Scope[];

  @ApiProperty({ format: 'date-time', description: 'when the token ends' })
  readonly expiresAt!: string;
}

export function callerView(caller: Caller): CallerView {
  return {
    username: caller.username,
    subject: caller.subject,
    kind: caller.kind,
    scopes: [...caller.scopes].toSorted(),
    expiresAt: new Date(caller.expiresAtEpochSeconds * 1000).toISOString(),
  };
}
