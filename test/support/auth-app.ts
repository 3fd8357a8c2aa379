import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import { Controller, Get, Module, Post, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { AuthModule, type AuthModuleOptions } from '@sensorflow/auth/auth.module.js';
import type { Caller } from '@sensorflow/auth';
import {
  AnyScope,
  CurrentCaller,
  Public,
  RequiresScope,
} from '@sensorflow/auth/http/auth.decorators.js';
import { RequestAuthenticator } from '@sensorflow/auth/http/request-authenticator.js';
import { ProblemFilter } from '@sensorflow/platform/http/problem.filter.js';
import { requestValidationPipe } from '@sensorflow/platform/http/request-validation.pipe.js';
import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { ISSUER, MACHINE_CLIENT_ID, WEB_CLIENT_ID } from './token-signer.js';

/** A route for each way to be called. */
@Controller('probe')
export class ProbeController {
  @Get('public')
  @Public()
  anyone(): object {
    return { caller: null };
  }

  @Get('any')
  @AnyScope()
  withIdentity(@CurrentCaller() caller: Caller): object {
    return { caller: caller.subject };
  }

  @Get('read')
  @RequiresScope('sensorflow/read')
  read(@CurrentCaller() caller: Caller): object {
    return { caller: caller.subject };
  }

  @Post('write')
  @RequiresScope('sensorflow/write')
  write(): object {
    return { written: true };
  }

  @Get('import')
  @RequiresScope('sensorflow/import')
  import(): object {
    return { imported: true };
  }

  @Get('either')
  @RequiresScope('sensorflow/import', 'sensorflow/admin')
  either(): object {
    return { seen: true };
  }

  @Get('admin')
  @RequiresScope('sensorflow/admin')
  admin(): object {
    return { administered: true };
  }
}

/** Forgot to say who may call it. */
@Controller('forgotten')
export class ForgottenController {
  @Get()
  list(): object {
    return { leaked: true };
  }
}

/** One client for all that is asked of the user pool. */
export type AuthAppOptions = Pick<AuthModuleOptions, 'dynamoDb' | 'sessionsTableName' | 'jwksUri'> &
  Partial<Omit<AuthModuleOptions, 'cognito'>> & {
    readonly cognito?: CognitoIdentityProviderClient;
    readonly controllers?: readonly Type[];
    /** Takes the client's address out of X-Forwarded-For. */
    readonly behindProxy?: boolean;
  };

export interface AuthApp {
  readonly app: NestFastifyApplication;
  readonly url: string;
  close(): Promise<void>;
}

/** The auth module in a real application on a free port of loopback. */
export async function startAuthApp(options: AuthAppOptions): Promise<AuthApp> {
  const { controllers = [ProbeController], behindProxy = false, ...given } = options;
  const accepting = await startAcceptingProvider();
  const client = given.cognito ?? acceptingClient(accepting.url);
  const cognito = { logins: client, tokenChecks: client, administration: client };
  const auth = AuthModule.register({ ...DEFAULTS, ...given, cognito });
  @Module({ imports: [auth], controllers: [...controllers] })
  class TestModule {}
  const adapter = new FastifyAdapter({ trustProxy: behindProxy });
  const app = await NestFactory.create<NestFastifyApplication>(TestModule, adapter, {
    logger: false,
  });
  app.useGlobalPipes(requestValidationPipe());
  app.useGlobalFilters(new ProblemFilter());
  const server = app.getHttpAdapter().getInstance();
  app.get(RequestAuthenticator, { strict: false }).authenticateRequests(server);
  await app.listen(0, '127.0.0.1');
  const close = async () => {
    await app.close();
    accepting.close();
  };
  return { app, url: await app.getUrl(), close };
}

/** Stands for a user pool in which every user is enabled and no token revoked: it accepts all of them. */
async function startAcceptingProvider() {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify({ Username: 'ada', UserAttributes: [] }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${port}`, close };
}

function acceptingClient(endpoint: string): CognitoIdentityProviderClient {
  return new CognitoIdentityProviderClient({
    region: 'local',
    endpoint,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
}

const DEFAULTS = {
  userPoolId: 'local_pool',
  clientId: WEB_CLIENT_ID,
  clientSecret: 'client-secret',
  issuers: [ISSUER],
  machineClientIds: [MACHINE_CLIENT_ID],
  frontendOrigin: undefined,
  machineRatePerMinute: undefined,
};

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Sends headers just as they are: repeated ones as an array, none that fetch would add or refuse. */
export async function call(
  url: string,
  headers: Readonly<Record<string, string | string[]>> = {},
  method = 'GET',
  body?: string,
): Promise<Answer> {
  const outgoing = httpRequest(url, { method, headers });
  outgoing.end(body);
  const [response] = await once(outgoing, 'response');
  const received = await text(response);
  const json: unknown = received === '' ? {} : JSON.parse(received);
  return {
    status: response.statusCode,
    headers: response.headers,
    text: received,
    body: Object.fromEntries(Object.entries(Object(json))),
  };
}

export function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

export function cookie(token: string): Record<string, string> {
  return { cookie: `theme=dark; __Host-sensorflow=${token}` };
}

export function basic(username: string, password: string): Record<string, string> {
  const encoded = Buffer.from(`${username}:${password}`).toString('base64');
  return { authorization: `Basic ${encoded}` };
}
