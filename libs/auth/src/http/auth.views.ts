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

  @ApiProperty({ description: 'stable identifier of the user, client or key' })
  readonly subject!: string;

  @ApiProperty({ enum: ['user', 'machine', 'key'] })
  readonly kind!: Caller['kind'];

  @ApiProperty({ enum: SCOPES, isArray: true })
  readonly scopes!: readonly Scope[];

  @ApiProperty({
    type: String,
    nullable: true,
    format: 'date-time',
    description: 'when the token or key ends; null for a key without an end',
  })
  readonly expiresAt!: string | null;
}

export function callerView(caller: Caller): CallerView {
  return {
    username: caller.username,
    subject: caller.subject,
    kind: caller.kind,
    scopes: [...caller.scopes].toSorted(),
    expiresAt:
      caller.expiresAtEpochSeconds === undefined
        ? null
        : new Date(caller.expiresAtEpochSeconds * 1000).toISOString(),
  };
}
