import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminDisableUserCommand,
  AdminEnableUserCommand,
  AdminGetUserCommand,
  AdminListGroupsForUserCommand,
  AdminRemoveUserFromGroupCommand,
  AdminSetUserPasswordCommand,
  AdminUserGlobalSignOutCommand,
  ListUsersCommand,
  ListUsersInGroupCommand,
  type AttributeType,
  type CognitoIdentityProviderClient,
  type UserType,
} from '@aws-sdk/client-cognito-identity-provider';
import { DomainError } from '@sensorflow/kernel';
import pLimit from 'p-limit';
import {
  MAX_PEOPLE_PER_PAGE,
  PeopleDirectory,
  type PeoplePage,
} from '../people/people-directory.js';
import type { Person } from '../people/person.js';
import { peopleFailure, nameOf } from './cognito-failure.js';

/** Cognito answers one question about groups for each user. */
const GROUP_QUESTIONS_AT_ONCE = 8;

/** People in a Cognito user pool, by its admin API. None of Cognito's words leaves this class. */
export class CognitoPeople extends PeopleDirectory {
  private readonly pool: { readonly UserPoolId: string };

  constructor(
    private readonly client: CognitoIdentityProviderClient,
    userPoolId: string,
  ) {
    super();
    this.pool = { UserPoolId: userPoolId };
  }

  async page(after: string | undefined, limit: number): Promise<PeoplePage> {
    const { Users = [], PaginationToken: next } = await answered(
      this.client.send(
        new ListUsersCommand({
          ...this.pool,
          Limit: Math.min(limit, MAX_PEOPLE_PER_PAGE),
          ...(after !== undefined && { PaginationToken: after }),
        }),
      ),
      after === undefined ? {} : { InvalidParameterException: cursorInvalid },
    );
    const groups = new Map<string, readonly string[]>();
    const names = Users.map((user) => user.Username ?? '');
    await pLimit(GROUP_QUESTIONS_AT_ONCE).map(names, async (name) => {
      groups.set(name, await this.groupsOf(name));
    });
    const people = Users.map((user) => personIn(user, groups.get(user.Username ?? '') ?? []));
    return { people, next };
  }

  async find(username: string): Promise<Person> {
    const user = await answered(
      this.client.send(new AdminGetUserCommand({ ...this.pool, Username: username })),
    );
    const { UserAttributes: Attributes = [], ...rest } = user;
    return personIn({ ...rest, Attributes }, await this.groupsOf(username));
  }

  async invite(username: string, temporaryPassword: string): Promise<void> {
    await answered(
      this.client.send(
        new AdminCreateUserCommand({
          ...this.pool,
          Username: username,
          TemporaryPassword: temporaryPassword,
          // Mail is not set up: whoever invites hands the password over.
          MessageAction: 'SUPPRESS',
        }),
      ),
      { UsernameExistsException: userExists },
    );
  }

  async addToGroup(username: string, group: string): Promise<void> {
    const member = { ...this.pool, Username: username, GroupName: group };
    await answered(this.client.send(new AdminAddUserToGroupCommand(member)));
  }

  async removeFromGroup(username: string, group: string): Promise<void> {
    const member = { ...this.pool, Username: username, GroupName: group };
    await answered(this.client.send(new AdminRemoveUserFromGroupCommand(member)));
  }

  async setEnabled(username: string, enabled: boolean): Promise<void> {
    const user = { ...this.pool, Username: username };
    await answered(
      enabled
        ? this.client.send(new AdminEnableUserCommand(user))
        : this.client.send(new AdminDisableUserCommand(user)),
    );
  }

  async setTemporaryPassword(username: string, password: string): Promise<void> {
    const change = { ...this.pool, Username: username, Password: password, Permanent: false };
    await answered(this.client.send(new AdminSetUserPasswordCommand(change)));
  }

  async signOut(username: string): Promise<void> {
    const user = { ...this.pool, Username: username };
    await answered(this.client.send(new AdminUserGlobalSignOutCommand(user)));
  }

  async hasOtherEnabledMember(group: string, username: string): Promise<boolean> {
    let next: string | undefined;
    do {
      const { Users = [], NextToken } = await answered(
        this.client.send(
          new ListUsersInGroupCommand({
            ...this.pool,
            GroupName: group,
            ...(next !== undefined && { NextToken: next }),
          }),
        ),
      );
      if (Users.some((user) => user.Enabled === true && user.Username !== username)) return true;
      next = NextToken;
    } while (next !== undefined);
    return false;
  }

  private async groupsOf(username: string): Promise<readonly string[]> {
    const user = { ...this.pool, Username: username };
    const { Groups = [] } = await answered(
      this.client.send(new AdminListGroupsForUserCommand(user)),
    );
    return Groups.flatMap(({ GroupName }) => GroupName ?? []).toSorted();
  }
}

type Refusals = Readonly<Record<string, () => DomainError>>;

async function answered<T>(answer: Promise<T>, refusals: Refusals = {}): Promise<T> {
  return answer.catch((error: unknown) => {
    throw refusals[nameOf(error)]?.() ?? peopleFailure(error);
  });
}

function userExists(): DomainError {
  return new DomainError('conflict', 'user-exists', 'There is a user of this name already.');
}

function cursorInvalid(): DomainError {
  const detail = 'The cursor is not one that this service gave, or it is too old.';
  return new DomainError('invalid', 'cursor-invalid', detail, {
    faults: [{ pointer: '/cursor', code: 'cursor-invalid', detail }],
  });
}

function personIn(
  user: Pick<UserType, 'Username' | 'Enabled' | 'UserCreateDate'> & {
    readonly Attributes?: readonly AttributeType[] | undefined;
  },
  groups: readonly string[],
): Person {
  const subject = user.Attributes?.find(({ Name }) => Name === 'sub')?.Value;
  if (user.Username === undefined || subject === undefined) {
    throw new Error('the user pool answered with a user without a name or a sub');
  }
  return {
    username: user.Username,
    subject,
    groups,
    enabled: user.Enabled === true,
    createdAtEpochMs: user.UserCreateDate?.getTime() ?? 0,
  };
}
