import { ApiProperty } from '@nestjs/swagger';
import type { AuditEntry } from '../audit/audit-entry.js';

/** What somebody did, or tried to. */
export class AuditEntryView {
  @ApiProperty({
    format: 'date-time',
    description: 'of failures that are counted together, the minute',
  })
  readonly at!: string;

  @ApiProperty({
    description:
      "a user's name, a machine's client id or a key's id; a name with which nobody has logged in is hashed",
    example: 'ada',
  })
  readonly actor!: string;

  @ApiProperty({ example: 'api-key.revoke' })
  readonly action!: string;

  @ApiProperty({ type: String, nullable: true })
  readonly target!: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'of the client, or its network' })
  readonly address!: string | null;

  @ApiProperty({
    description:
      'succeeded, refused, unconfirmed (the answer left it open or was never sent), or the code of a failure',
    example: 'succeeded',
  })
  readonly outcome!: string;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'null for failures that are counted together',
  })
  readonly requestId!: string | null;

  @ApiProperty({ type: 'integer', minimum: 1, description: 'how often, in that minute' })
  readonly count!: number;
}

export class AuditPageView {
  @ApiProperty({ type: [AuditEntryView] })
  readonly items!: readonly AuditEntryView[];

  @ApiProperty({ type: String, nullable: true })
  readonly nextCursor!: string | null;
}

export function auditEntryView(entry: AuditEntry): AuditEntryView {
  return {
    at: new Date(entry.atEpochMs).toISOString(),
    actor: entry.actor,
    action: entry.action,
    target: entry.target === '' ? null : entry.target,
    address: entry.address === '' ? null : entry.address,
    outcome: entry.outcome,
    requestId: entry.requestId ?? null,
    count: entry.count,
  };
}
