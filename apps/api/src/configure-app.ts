import { ConfigService } from '@nestjs/config';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { callerOf } from '@sensorflow/auth/http/auth.decorators.js';
import { RequestAuthenticator } from '@sensorflow/auth/http/request-authenticator.js';
import type { ApiEnvironment } from '@sensorflow/platform/config/environment.js';
import { registerBodyParsers } from '@sensorflow/platform/http/body-parsers.js';
import { ProblemFilter, sendProblem } from '@sensorflow/platform/http/problem.filter.js';
import { UnknownParametersGuard } from '@sensorflow/platform/http/unknown-parameters.guard.js';
import { requestValidationPipe } from '@sensorflow/platform/http/request-validation.pipe.js';
import { routeWebSockets } from '@sensorflow/platform/http/web-sockets.js';
import { HTTP_TIMING } from '@sensorflow/platform/resources/http-timing.js';
import { SensorDataService } from '@sensorflow/sensor-data';
import { recordQuickly } from '@sensorflow/sensor-data/http/quick-recording.js';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { setAnswerHeaders } from './answer-headers.js';
import { refuseOtherMethods } from './allowed-methods.js';
import { frontendOriginOf } from './app.module.js';
import type { ApiConfig } from './configuration.js';
import { answerBrokenHttp, refuseBrokenRequests } from './broken-http.js';
import { CONNECTION_LIMITS } from './connection-limits.js';
import { serveConsole } from './console.js';
import { serveDocuments } from './documents.js';
import type { LanAccess } from './lan/lan-access.js';
import { serveRedoc } from './redoc.js';
import { RequestLog } from './request-log.js';
import { uploadsSource } from './uploads-source.js';

/** As a source of uploads: nothing beside it. */
const SAME_ORIGIN = '';
/** The longest path parameter is an equipment id of 128 characters, each of which may be escaped. */
const MAX_PARAM_LENGTH = 128 * 3;

/** The HTTP server, with its limits: what a client may send before any of our code looks at it. */
export function createHttpAdapter(environment: ApiEnvironment, logger: Logger): FastifyAdapter {
  return new FastifyAdapter({
    loggerInstance: logger,
    logController: new RequestLog(logger),
    // A logger for each request would cost 3 µs; log lines name `requestId` instead.
    childLoggerFactory: () => logger,
    genReqId: () => randomUUID(),
    trustProxy: (_address: string, hop: number) => hop < environment.TRUSTED_PROXY_HOPS,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    keepAliveTimeout: HTTP_TIMING.keepAliveMs,
    requestTimeout: HTTP_TIMING.requestMs,
    http: CONNECTION_LIMITS,
    forceCloseConnections: 'idle',
    // What still arrives while it closes is served: Fastify's refusal is no problem document.
    return503OnClosing: false,
    clientErrorHandler: answerBrokenHttp,
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      setAnswerHeaders(request, reply);
      sendProblem(error, request, reply);
    },
  });
}

/**
 * Everything between HTTP and the modules; the e2e tests use it as main.ts does.
 *
 * @param lan on a plant's network alone
 */
export function configureApp(app: NestFastifyApplication, lan?: LanAccess): void {
  const config = app.get<ApiConfig>(ConfigService);
  const server = app.getHttpAdapter().getInstance();
  // First of all, so that every refusal carries them.
  server.addHook('onRequest', (request, reply, done) => {
    setAnswerHeaders(request, reply);
    done();
  });
  refuseBrokenRequests(server);
  routeWebSockets(server);
  lan?.guard(server);
  const frontendOrigin = frontendOriginOf(config.get('FRONTEND_URL', { infer: true }));
  refuseOtherMethods(server, frontendOrigin);
  app.get(RequestAuthenticator, { strict: false }).authenticateRequests(server);
  recordQuickly(server, app.get(SensorDataService, { strict: false }));
  registerBodyParsers(server, (request) => callerOf(request)?.subject ?? request.ip);
  app.useGlobalGuards(new UnknownParametersGuard());
  app.useGlobalPipes(requestValidationPipe());
  app.useGlobalFilters(new ProblemFilter());
  if (frontendOrigin !== undefined) {
    app.enableCors({
      origin: [frontendOrigin],
      credentials: true,
      methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
      exposedHeaders: ['Location', 'RateLimit', 'RateLimit-Policy', 'Retry-After', 'X-Request-Id'],
      maxAge: 600,
      // Answered by refuseOtherMethods, which knows the paths, with the headers of every answer.
      preflightContinue: true,
      strictPreflight: false,
    });
  }
  serveDocuments(app, lan && ((request) => lan.originFor(request)));
  serveRedoc(server);
  lan?.serve(server);
  const [region, bucketName] = [
    config.get('AWS_REGION', { infer: true }),
    config.get('S3_BUCKET_NAME', { infer: true }),
  ];
  serveConsole(server, async () => (lan ? SAME_ORIGIN : uploadsSource(region, bucketName)));
}
