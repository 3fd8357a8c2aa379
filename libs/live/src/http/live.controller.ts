import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiTags, ApiHeader } from '@nestjs/swagger';
import { AccessRecheck, type Caller } from '@sensorflow/auth';
import {
  CurrentCaller,
  KeepsToEquipment,
  RequiresScope,
} from '@sensorflow/auth/http/auth.decorators.js';
import { ApiFaultyInput, ApiProblem } from '@sensorflow/platform/http/api-problem.decorator.js';
import { LostConnections } from '@sensorflow/platform/http/lost-connections.js';
import type { QueryString } from '@sensorflow/platform/http/query-parameters.js';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LiveFeeds } from '../live-feeds.js';
import { EventStream } from './event-stream.js';
import { feedFilterOf, MAX_NAMES } from './live.query.js';

const DESCRIPTION = `Server-sent events, for as long as the caller may read:

- \`reading\`: an array of readings in the shape of \`GET /sensor-data/{equipmentId}\`, as they became durable; a removed one has
  \`removed: true\`, no values, and \`metric\` where only one was removed.
- \`changed\`: \`{equipmentId, from, to}\`: an import, its undo, or the removal of a range changed readings between these instants.
- \`heartbeat\`: every 15 s.
- \`resync\`: what came before cannot be told; list the readings again.
- \`end\`: \`{code, detail}\`: why the server ends the feed (\`draining\`, \`too-slow\`, \`access-ended\`, \`failed\`).

A client that comes back with \`Last-Event-ID\`, to whichever process, misses nothing of the last 15 minutes and sees nothing twice.`;

const EXAMPLE = `event: reading
id: 6f0c1bd7-6a0f-4d3b-8a52-0d2f6b3d0a11
data: [{"equipmentId":"EQ-12495","timestamp":"2023-02-15T06:30:00.000Z","value":78.42,"values":{"value":78.42},"registerTime":"2023-02-15T06:30:00.731Z"}]

`;

const EQUIPMENT_ID_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$';
const METRIC_PATTERN = '^[A-Za-z][A-Za-z0-9_.-]{0,63}$';

/** Readings as they become durable. */
@ApiTags('sensor data')
@Controller('sensor-data')
export class LiveController {
  private readonly lost = new LostConnections();

  constructor(
    private readonly feeds: LiveFeeds,
    private readonly access: AccessRecheck,
  ) {}

  @Get('live')
  @RequiresScope('sensorflow/read')
  @KeepsToEquipment('by-handler')
  @ApiOperation({ summary: 'Follow readings as they become durable', description: DESCRIPTION })
  @ApiNames('equipmentId', EQUIPMENT_ID_PATTERN, 'all that the caller may read unless named')
  @ApiNames('metric', METRIC_PATTERN, 'all metrics unless named')
  @ApiHeader({ name: 'Last-Event-ID', description: 'the id of the last event that was seen' })
  @ApiOkResponse({
    description: 'events, until either side ends them',
    content: { 'text/event-stream': { schema: { type: 'string' }, example: EXAMPLE } },
  })
  @ApiFaultyInput('invalid-request', {
    pointer: '/equipmentId',
    code: 'equipment-id-invalid',
    detail:
      'An equipment id is 1 to 128 letters, digits, ".", "_", ":" or "-", and begins with a letter or digit.',
  })
  @ApiProblem(429, 'too-many-feeds', 'too-many-connections')
  @ApiProblem(503, 'live-unavailable', 'connections-unavailable', 'overloaded', 'shutting-down')
  async followReadings(
    @Query() query: QueryString,
    @CurrentCaller() caller: Caller,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const filter = feedFilterOf(query, caller);
    const lastEventId = request.headers['last-event-id'];
    const begin = await this.feeds.open({
      caller,
      filter,
      lastEventId: lastEventId === undefined ? undefined : String(lastEventId),
      checkAccess: () => this.access.recheck(request),
    });
    const startedAt = performance.now();
    const feed = begin(openStream(reply), (end, cause) => {
      const [path] = request.url.split('?', 1);
      const durationMs = Math.round(performance.now() - startedAt);
      const line = { requestId: request.id, path, durationMs, end: end?.code ?? 'client-left' };
      if (end?.code === 'failed') request.log.error({ ...line, err: cause }, 'feed ended');
      else request.log.info(line, 'feed ended');
    });
    this.lost.watch(request.raw.socket);
    reply.raw.once('close', () => feed.left());
    if (request.raw.socket.destroyed || request.method === 'HEAD') feed.left();
  }
}

/** Sends the head of the answer; from here on the response is the feed's. */
function openStream(reply: FastifyReply): EventStream {
  reply.hijack();
  reply.raw.writeHead(200, {
    ...definedOf(reply.getHeaders()),
    'content-type': 'text/event-stream',
    // Who comes back over the same connection would meet a server that shuts down, and browsers give up then.
    connection: 'close',
    // Proxies that gather answers would hold events back.
    'x-accel-buffering': 'no',
  });
  reply.raw.flushHeaders();
  return new EventStream(reply.raw);
}

function definedOf(headers: Record<string, number | string | string[] | undefined>) {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );
}

/** A parameter that can be given several times. */
function ApiNames(name: string, pattern: string, description: string): MethodDecorator {
  const items = { type: 'string' as const, pattern };
  const schema = { type: 'array' as const, items, maxItems: MAX_NAMES };
  return ApiQuery({ name, required: false, description, schema, explode: true });
}
