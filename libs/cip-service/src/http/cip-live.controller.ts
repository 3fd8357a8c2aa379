import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { AccessRecheck, type Caller } from '@sensorflow/auth';
import {
  CurrentCaller,
  KeepsToEquipment,
  RequiresReadingKey,
} from '@sensorflow/auth/http/auth.decorators.js';
import { DomainError } from '@sensorflow/kernel';
import { LiveFeeds, type FeedEnd } from '@sensorflow/live';
import { ApiProblem } from '@sensorflow/platform/http/api-problem.decorator.js';
import { problem, PROBLEM_CONTENT_TYPE } from '@sensorflow/platform/http/problem-details.js';
import { QueryParameters, type QueryString } from '@sensorflow/platform/http/query-parameters.js';
import {
  asksForWebSocket,
  openWebSocket,
  type OpenWebSocket,
} from '@sensorflow/platform/http/web-sockets.js';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CipSettings } from '../cip-settings.js';
import { LiveMessages } from './live-messages.js';
import { CLOSE_CODES, WebSocketSink } from './web-socket-sink.js';

const DESCRIPTION = `A WebSocket: one JSON object in a text frame for each reading of temperature, pressure, concentration, flow,
conductivity or humidity as it becomes durable, with the members of the answer to \`POST /api/v1/cip_monitoring\`
(\`client_ip\` is null). What the client sends is ignored. The server pings every 20 s.

It closes with 1008 when the key has its \`maxConnections\` or is revoked, 1001 when the server shuts down, 1013 when the
client is too slow or should come back later, 1011 when it fails. Proxies log query strings: send the key in \`X-API-Key\` where
the client can.`;

/** The earlier service's live readings. */
@ApiTags('earlier service')
@Controller('ws')
export class CipLiveController {
  private readonly messages: LiveMessages;

  constructor(
    private readonly feeds: LiveFeeds,
    private readonly access: AccessRecheck,
    settings: CipSettings,
  ) {
    this.messages = new LiveMessages(settings.timeZone);
  }

  @Get('sensor_updates')
  @RequiresReadingKey()
  @KeepsToEquipment('by-handler')
  @ApiOperation({ summary: 'Follow measurements by WebSocket', description: DESCRIPTION })
  @ApiResponse({ status: 101, description: 'the WebSocket is open' })
  @ApiProblem(426, 'websocket-required')
  async followMeasurements(
    @Query() query: QueryString,
    @CurrentCaller() caller: Caller,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    new QueryParameters(query, ['api-key']).assertFaultless();
    if (!asksForWebSocket(request)) {
      refuseOtherProtocols(request, reply);
      return;
    }
    const socket = openWebSocket(request, reply);
    if (socket) await this.follow(socket, caller, request);
  }

  private async follow(
    socket: OpenWebSocket,
    caller: Caller,
    request: FastifyRequest,
  ): Promise<void> {
    const startedAt = performance.now();
    const sink = new WebSocketSink(socket, (event) => this.messages.of(event));
    const gone = new Promise<void>((resolve) => socket.webSocket.once('close', () => resolve()));
    const onEnd = (end: string, cause?: unknown): void => {
      const [path] = request.url.split('?', 1);
      const durationMs = Math.round(performance.now() - startedAt);
      const line = { requestId: request.id, path, durationMs, end };
      if (cause === undefined) request.log.info(line, 'feed ended');
      else request.log.warn({ ...line, err: cause }, 'feed ended');
    };
    try {
      const begin = await this.feeds.open({
        caller,
        filter: { restriction: caller.equipment },
        lastEventId: undefined,
        checkAccess: () => this.access.recheck(request),
      });
      const feed = begin(sink, (end: FeedEnd | undefined, cause) =>
        onEnd(end?.code ?? 'client-left', cause),
      );
      void gone.then(() => feed.left());
    } catch (error) {
      const { code, reason, name } = refusalOf(error);
      sink.closeWith(code, reason);
      onEnd(name, error instanceof DomainError && error.kind === 'throttled' ? undefined : error);
    }
  }
}

function refusalOf(error: unknown): { code: number; reason: string; name: string } {
  if (!(error instanceof DomainError)) {
    return {
      code: CLOSE_CODES.failed,
      reason: 'Something went wrong on our side.',
      name: 'failed',
    };
  }
  const { message: reason, code: name, kind } = error;
  if (kind === 'throttled') return { code: CLOSE_CODES.policy, reason, name };
  const isDraining = name === 'shutting-down';
  return { code: isDraining ? CLOSE_CODES.goingAway : CLOSE_CODES.tryAgainLater, reason, name };
}

function refuseOtherProtocols({ id }: FastifyRequest, reply: FastifyReply): void {
  const detail = 'This is a WebSocket: connect with ws:// or wss://, as RFC 6455 says.';
  void reply
    .status(426)
    .header('upgrade', 'websocket')
    .header('content-type', PROBLEM_CONTENT_TYPE)
    .send(problem(426, 'websocket-required', detail, id));
}
