import { ApiProperty } from '@nestjs/swagger';
import type { Invitation } from '../people/people.js';
import type { Person } from '../people/person.js';

export class PersonView {
  @ApiProperty({ example: 'grace' })
  readonly username!: string;

  @ApiProperty({ type: [String], example: ['operators'] })
  readonly groups!: readonly string[];

  @ApiProperty()
  readonly enabled!: boolean;

  @ApiProperty({ format: 'date-time' })
  readonly createdAt!: string;
}

export class InvitationView extends PersonView {
  @ApiProperty({ description: 'shown this once; it has to be changed at the first login' })
  readonly temporaryPassword!: string;
}

export class TemporaryPasswordView {
  @ApiProperty({ description: 'shown this once; it has to be changed at the next login' })
  readonly temporaryPassword!: string;
}

export class PeoplePageView {
  @ApiProperty({ type: [PersonView] })
  readonly items!: readonly PersonView[];

  @ApiProperty({ type: String, nullable: true })
  readonly nextCursor!: string | null;
}

export function personView({ username, groups, enabled, createdAtEpochMs }: Person): PersonView {
  return { username, groups, enabled, createdAt: new Date(createdAtEpochMs).toISOString() };
}

export function invitationView({ person, temporaryPassword }: Invitation): InvitationView {
  const { username, groups, enabled, createdAt } = personView(person);
  return { username, groups, enabled, createdAt, temporaryPassword };
}
