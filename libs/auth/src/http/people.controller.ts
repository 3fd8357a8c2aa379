import { Body, Controller, Get, HttpCode, Param, Patch, Post, Query, Res } from '@nestjs/common';
import {
  ApiBody,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import { DomainError } from '@sensorflow/kernel';
import {
  ApiFaultyInput,
  ApiPathProblems,
  ApiProblem,
} from '@sensorflow/platform/http/api-problem.decorator.js';
import { decodeCursor, encodeCursor } from '@sensorflow/platform/http/cursor.js';
import { IgnoresBody } from '@sensorflow/platform/http/ignores-body.decorator.js';
import { MaxBodyBytes } from '@sensorflow/platform/http/max-body-bytes.decorator.js';
import { PageQuery } from '@sensorflow/platform/http/page.query.js';
import type { FastifyReply } from 'fastify';
import { People } from '../people/people.js';
import { MAX_PEOPLE_PER_PAGE } from '../people/people-directory.js';
import { Audited, RequiresScope } from './auth.decorators.js';
import { NewPersonBody, PersonChangeBody } from './people.bodies.js';
import {
  InvitationView,
  invitationView,
  PeoplePageView,
  PersonView,
  personView,
  TemporaryPasswordView,
} from './people.views.js';

const MAX_BODY_BYTES = 4096;
const CURSOR_QUERY = { list: 'users' };
const USERNAME = { name: 'username', example: 'grace' };

/** People and what they may, for administrators. */
@ApiTags('people')
@Controller('users')
export class PeopleController {
  constructor(private readonly people: People) {}

  @Get()
  @RequiresScope('sensorflow/admin')
  @ApiOperation({
    summary: 'List people',
    description: `A page has at most ${MAX_PEOPLE_PER_PAGE}, whatever its limit.`,
  })
  @ApiOkResponse({ type: PeoplePageView })
  @ApiFaultyInput('invalid-request', {
    pointer: '/limit',
    code: 'limit-invalid',
    detail: 'The limit is a whole number from 1 to 1000.',
  })
  @ApiProblem(400, 'cursor-invalid')
  @ApiProblem(503, 'identity-provider-unavailable', 'identity-provider-busy')
  async listPeople(@Query() { limit, cursor }: PageQuery): Promise<PeoplePageView> {
    const after = cursor === undefined ? undefined : decodeCursor(cursor, CURSOR_QUERY)[0];
    const { people, next } = await this.people.page(after, limit ?? MAX_PEOPLE_PER_PAGE);
    return {
      items: people.map(personView),
      nextCursor: next === undefined ? null : encodeCursor(CURSOR_QUERY, [next]),
    };
  }

  @Post()
  @RequiresScope('sensorflow/admin')
  @Audited('user.invite')
  @MaxBodyBytes(MAX_BODY_BYTES)
  @ApiOperation({
    summary: 'Invite somebody',
    description: 'The answer shows a temporary password this once; a first login sets another.',
  })
  @ApiBody({ type: NewPersonBody })
  @ApiCreatedResponse({ type: InvitationView })
  @ApiFaultyInput('invalid-request', {
    pointer: '/group',
    code: 'group-invalid',
    detail: 'The group is one of viewers, operators, admins.',
  })
  @ApiProblem(409, 'user-exists')
  @ApiProblem(503, 'identity-provider-unavailable', 'identity-provider-busy')
  async invitePerson(
    @Body() { username, group }: NewPersonBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<InvitationView> {
    const invitation = await this.people.invite(username, group);
    void reply.header('location', `/users/${encodeURIComponent(username)}`);
    return invitationView(invitation);
  }

  @Patch(':username')
  @RequiresScope('sensorflow/admin')
  @Audited('user.change')
  @MaxBodyBytes(MAX_BODY_BYTES)
  @ApiOperation({
    summary: 'Move somebody to another group, or disable or enable them',
    description:
      'Who is moved or disabled is logged out everywhere within 10 s. The last administrator stays.',
  })
  @ApiParam(USERNAME)
  @ApiBody({ type: PersonChangeBody })
  @ApiOkResponse({ type: PersonView })
  @ApiFaultyInput('invalid-request', {
    pointer: '/group',
    code: 'group-invalid',
    detail: 'The group is one of viewers, operators, admins.',
  })
  @ApiProblem(400, 'nothing-to-change')
  @ApiPathProblems()
  @ApiProblem(404, 'user-unknown')
  @ApiProblem(409, 'last-administrator')
  @ApiProblem(503, 'identity-provider-unavailable', 'identity-provider-busy')
  @ApiProblem(503, 'logout-not-recorded')
  async changePerson(
    @Param('username') username: string,
    @Body() { group, enabled }: PersonChangeBody,
  ): Promise<PersonView> {
    if (group === undefined && enabled === undefined) throw nothingToChange();
    return personView(await this.people.change(username, { group, enabled }));
  }

  @Post(':username/reset')
  @HttpCode(200)
  @IgnoresBody()
  @RequiresScope('sensorflow/admin')
  @Audited('user.reset')
  @ApiOperation({ summary: 'Give somebody a temporary password, and end all their sessions' })
  @ApiParam(USERNAME)
  @ApiOkResponse({ type: TemporaryPasswordView })
  @ApiPathProblems()
  @ApiProblem(404, 'user-unknown')
  @ApiProblem(503, 'identity-provider-unavailable', 'identity-provider-busy')
  @ApiProblem(503, 'logout-not-recorded')
  async resetPerson(@Param('username') username: string): Promise<TemporaryPasswordView> {
    return { temporaryPassword: await this.people.reset(username) };
  }

  @Post(':username/sign-out')
  @HttpCode(204)
  @IgnoresBody()
  @RequiresScope('sensorflow/admin')
  @Audited('user.sign-out')
  @ApiOperation({ summary: 'End all sessions of somebody, within 10 s everywhere' })
  @ApiParam(USERNAME)
  @ApiNoContentResponse({ description: 'logged out' })
  @ApiPathProblems()
  @ApiProblem(404, 'user-unknown')
  @ApiProblem(503, 'identity-provider-unavailable', 'identity-provider-busy')
  @ApiProblem(503, 'logout-not-recorded')
  async signOutPerson(@Param('username') username: string): Promise<void> {
    await this.people.signOut(username);
  }
}

function nothingToChange(): DomainError {
  return new DomainError('invalid', 'nothing-to-change', 'Say group, enabled, or both.');
}
