import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { callerOf } from '@sensorflow/auth/http/auth.decorators.js';
import { RequestAuthenticator } from '@sensorflow/auth/http/request-authenticator.js';
import type { ApiEnvironment } from '@sensorflow/platform/config/environment.js';
import { registerBodyParsers } from '@sensorflow/platform/http/body-parsers.js';
import { ProblemFilter, sendProblem } from '@sensorflow/platform/http/problem.filter.js';
import { UnknownParametersGuard } from '@sensorflow/platform/http/unknown-parameters.guard.js';
import { requestValidationPipe } from '@sensorflow/platform/http/request-validation.pipe.js';
import { isWebSocketHandshake, routeWebSockets } from '@sensorflow/platform/http/web-sockets.js';
import { HTTP_TIMING } from '@sensorflow/platform/resources/http-timing.js';
import { SensorData } from '@sensorflow/sensor-data';
import { recordQuickly } from '@sensorflow/sensor-data/http/quick-recording.js';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { setAnswerHeaders } from './answer-headers.js';
import { refuseOtherMethods } from './allowed-methods.js';
import { frontendOriginOf } from './app.module.js';
import { answerBrokenHttp, refuseBrokenRequests } from './broken-http.js';
import { serveConsole } from './console.js';
import { serveDocuments } from './documents.js';
import { serveRedoc } from './redoc.js';
import { RequestLog } from './request-log.js';
import { uploadsSource } from './uploads-source.js';

/** The longest path parameter is an equipment id of 128 characters, each of which may be escaped. */
const MAX_PARAM_LENGTH = 128 * 3;
const MAX_HEADER_BYTES = 16 * 1024;

/** The HTTP server, with its limits: what a client may send before any of our code looks at it. */
export function createHttpAdapter(environment: ApiEnvironment, logger: Logger): FastifyAdapter {
  return new FastifyAdapter({
    loggerInstance: logger,
    logController: new RequestLog(logger),
    // A logger for each request costs 3 µs; whoever logs says `requestId` instead.
    childLoggerFactory: () => logger,
    genReqId: () => randomUUID(),
    trustProxy: (_address: string, hop: number) => hop < environment.TRUSTED_PROXY_HOPS,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    keepAliveTimeout: HTTP_TIMING.keepAliveMs,
    requestTimeout: HTTP_TIMING.requestMs,
    http: {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HTTP_TIMING.headersMs,
      // Timeouts are only looked at this often; the default would make 10 s into 30.
      connectionsCheckingInterval: 2000,
      // What else asks for an upgrade is answered as if it did not.
      shouldUpgradeCallback: isWebSocketHandshake,
      // We refuse it ourselves, with a problem document.
      requireHostHeader: false,
    },
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

/** Everything between HTTP and the modules; the e2e tests use it as main.ts does. */
export function configureApp(app: NestFastifyApplication, environment: ApiEnvironment): void {
  const server = app.getHttpAdapter().getInstance();
  // First of all, so that every refusal carries them.
  server.addHook('onRequest', (request, reply, done) => {
    setAnswerHeaders(request, reply);
    done();
  });
  refuseBrokenRequests(server);
  routeWebSockets(server);
  const frontendOrigin = frontendOriginOf(environment);
  refuseOtherMethods(server, frontendOrigin);
  app.get(RequestAuthenticator, { strict: false }).authenticateRequests(server);
  recordQuickly(server, app.get(SensorData, { strict: false }));
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
  serveDocuments(app);
  serveRedoc(server);
  const { AWS_REGION: region, S3_BUCKET_NAME: bucketName } = environment;
  serveConsole(server, async () => uploadsSource(region, bucketName));
}
