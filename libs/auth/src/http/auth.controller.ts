import { applyDecorators, Body, Controller, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiBasicAuth, ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { DomainError, type WorkBudget } from '@sensorflow/kernel';
import { ApiFaultyInput, ApiProblem } from '@sensorflow/platform/http/api-problem.decorator.js';
import { IgnoresBody } from '@sensorflow/platform/http/ignores-body.decorator.js';
import { MaxBodyBytes } from '@sensorflow/platform/http/max-body-bytes.decorator.js';
import { RequestBudget } from '@sensorflow/platform/http/request-budget.js';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AuditTrail } from '../audit/audit-trail.js';
import { AuthService } from '../auth.service.js';
import { parseBasicCredentials, type Credentials } from '../basic-credentials.js';
import { BrowserAccess } from '../browser-access.js';
import type { Caller } from '../caller.js';
import { clientNetwork } from '../client-address.js';
import { AnyScope, CurrentCaller, Public } from './auth.decorators.js';
import { callerView, CallerView, MessageView } from './auth.views.js';
import { CurrentSession, type Session } from './current-session.js';
import { NewPasswordBody, newPasswordIn } from './new-password.body.js';
import { refuseCrossSite } from './request-origin.js';

const BASIC_CHALLENGE = 'Basic realm="SensorFlow", charset="UTF-8"';
/** For scripts of a page: a browser would open its own window for passwords above the page's form. */
const PAGE_CHALLENGE = 'Login realm="SensorFlow"';

const MAX_PASSWORD_BODY_BYTES = 4096;

/** What logging in and setting a password have in common: Basic credentials in, a session cookie out. */
function ChecksPassword(): MethodDecorator {
  return applyDecorators(
    HttpCode(200),
    Public(),
    ApiBasicAuth('loginCredentials'),
    ApiOkResponse({
      type: MessageView,
      headers: {
        'Set-Cookie': {
          description: 'the session cookie, for one hour',
          schema: { type: 'string' },
        },
      },
    }),
    ApiProblem(401, 'unauthenticated', 'credentials-malformed', 'invalid-credentials'),
    ApiProblem(
      403,
      'password-change-required',
      'password-reset-required',
      'mfa-required',
      'token-too-large',
      'cross-site-request',
    ),
    ApiProblem(429, 'login-throttled'),
    ApiProblem(
      503,
      'identity-provider-unavailable',
      'identity-provider-busy',
      'login-throttle-unavailable',
    ),
  );
}

/** Logging in, setting one's password, asking who one is, and logging out. */
@ApiTags('auth')
@Controller('auth')
export class AuthController {
  constructor(
    private readonly authService: AuthService,
    private readonly trail: AuditTrail,
    private readonly browsers: BrowserAccess,
  ) {}

  @Post('login')
  @IgnoresBody()
  @ChecksPassword()
  @ApiOperation({ summary: 'Log in with Basic credentials; answers the session cookie' })
  async login(
    @Req() request: FastifyRequest,
    @RequestBudget() budget: WorkBudget,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<MessageView> {
    const { ip } = request;
    assertSomebodyWaits(budget);
    await this.openSession('login', request, reply, (credentials) =>
      this.authService.login(credentials, ip),
    );
    return { message: 'Logged in.' };
  }

  @Post('password')
  @MaxBodyBytes(MAX_PASSWORD_BODY_BYTES)
  @ChecksPassword()
  @ApiOperation({
    summary: "Set one's own password; answers the session cookie",
    description:
      'Takes the current password, which may be a temporary one, as Basic credentials. All other ' +
      'sessions of the user end within 10 s. Attempts are counted as those of a login.',
  })
  @ApiBody({ type: NewPasswordBody })
  @ApiFaultyInput('invalid-request', {
    pointer: '/newPassword',
    code: 'new-password-invalid',
    detail: 'The new password is a text of 1 to 256 characters, none of them a control character.',
  })
  @ApiProblem(400, 'password-refused')
  @ApiProblem(503, 'older-sessions-not-ended')
  async setPassword(
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @RequestBudget() budget: WorkBudget,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<MessageView> {
    const { ip } = request;
    assertSomebodyWaits(budget);
    await this.openSession('password', request, reply, async (credentials) => {
      const newPassword = await newPasswordIn(body);
      return this.authService.setPassword(credentials, newPassword, ip);
    });
    return { message: 'Password set.' };
  }

  /** The cookie of the access token that the credentials lead to. */
  private async openSession(
    action: 'login' | 'password',
    request: FastifyRequest,
    reply: FastifyReply,
    accessTokenFor: (credentials: Credentials) => Promise<string>,
  ): Promise<void> {
    void reply.header('cache-control', 'no-store');
    refuseCrossSite(request, this.browsers);
    try {
      const credentials = credentialsOf(request.headers.authorization);
      const accessToken = await this.audited(action, request, credentials, accessTokenFor);
      void reply.header('set-cookie', this.browsers.cookie.carrying(accessToken));
    } catch (error) {
      if (error instanceof DomainError && error.kind === 'unauthenticated') {
        const isOfPage = request.headers['sec-fetch-mode'] !== undefined;
        void reply.header('www-authenticate', isOfPage ? PAGE_CHALLENGE : BASIC_CHALLENGE);
      }
      throw error;
    }
  }

  /** A login leaves a row; failures are counted. Nobody is kept out because that cannot be written. */
  private async audited(
    action: string,
    { ip, id: requestId }: FastifyRequest,
    credentials: Credentials,
    accessTokenFor: (credentials: Credentials) => Promise<string>,
  ): Promise<string> {
    const { username } = credentials;
    try {
      const accessToken = await accessTokenFor(credentials);
      this.trail.rememberName(username);
      const intended = { actor: username, action, target: '', address: ip, requestId };
      this.trail.note(intended, 'succeeded');
      return accessToken;
    } catch (error) {
      if (error instanceof DomainError) {
        const actor = this.trail.shownName(username);
        const address = clientNetwork(ip);
        this.trail.count({ actor, action, target: '', address, outcome: error.code });
      }
      throw error;
    }
  }

  @Get('me')
  @AnyScope()
  @ApiOperation({ summary: 'Show who is calling' })
  @ApiOkResponse({ type: CallerView })
  showCaller(@CurrentCaller() caller: Caller): CallerView {
    return callerView(caller);
  }

  @Post('logout')
  @IgnoresBody()
  @HttpCode(200)
  @AnyScope()
  @ApiOperation({ summary: 'End the session: its token is refused from now on' })
  @ApiOkResponse({ type: MessageView })
  @ApiProblem(400, 'no-session')
  @ApiProblem(503, 'logout-not-recorded')
  async logout(
    @CurrentSession() { token, byCookie }: Session,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<MessageView> {
    await this.authService.logout(token);
    // A cookie beside a bearer token was not looked at: its session goes on.
    if (byCookie) void reply.header('set-cookie', this.browsers.cookie.cleared());
    return { message: 'Logged out.' };
  }
}

/** A connection that has closed no longer tells its address, by which attempts are counted. */
function assertSomebodyWaits({ signal }: WorkBudget): void {
  signal.throwIfAborted();
}

function credentialsOf(authorization: string | undefined): Credentials {
  if (authorization === undefined) {
    throw new DomainError(
      'unauthenticated',
      'unauthenticated',
      'Send name and password as Basic credentials.',
    );
  }
  const credentials = parseBasicCredentials(authorization);
  if (!credentials) {
    throw new DomainError(
      'unauthenticated',
      'credentials-malformed',
      'These are no Basic credentials as of RFC 7617: name and password in UTF-8, at most 2 KB.',
    );
  }
  return credentials;
}
