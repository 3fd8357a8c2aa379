import { runClosedLoop } from './load/closed-loop.ts';
import { runOpenLoop } from './load/open-loop.ts';
import { Requests, type NextRequest } from './load/requests.ts';
import { measure, type Measurement } from './measurement.ts';
import {
  BATCH_CONNECTIONS,
  CONNECTIONS,
  STEADY_PER_SECOND,
  TOKENS,
  type BatchShape,
  type Plan,
} from './plan.ts';
import type { Server, Stand } from './stand.ts';

/** Every load of one run; no two readings of it have one key. */
export class Loads {
  private readonly stand: Stand;
  private readonly plan: Plan;
  private readonly requests: Requests;

  constructor(stand: Stand, plan: Plan) {
    this.stand = stand;
    this.plan = plan;
    const tokens = Array.from({ length: TOKENS }, () => stand.cloud.machineToken());
    this.requests = new Requests(tokens, 'sensorflow.test');
  }

  /** Single readings, as fast as they are answered; `writes`: whether the server stores them. */
  closed(
    server: Server,
    { measureMs = this.plan.measureMs, writes = true } = {},
  ): Promise<Measurement> {
    this.requests.nextDay();
    return measure(this.stand, {
      server,
      readingsPerRequest: 1,
      writes,
      run: (onEdge) =>
        runClosedLoop({
          port: server.port,
          connections: CONNECTIONS,
          warmUpMs: this.plan.warmUpMs,
          measureMs,
          requestsOf: (connection) => this.requests.single(connection),
          onEdge,
        }),
    });
  }

  batch(server: Server, shape: BatchShape, measureMs = this.plan.measureMs): Promise<Measurement> {
    this.requests.nextDay();
    return measure(this.stand, {
      server,
      readingsPerRequest: shape.equipment * shape.readingsOfEach,
      writes: true,
      run: (onEdge) =>
        runClosedLoop({
          port: server.port,
          connections: BATCH_CONNECTIONS,
          warmUpMs: this.plan.warmUpMs,
          measureMs,
          requestsOf: (connection) => this.requests.batch(connection, shape),
          onEdge,
        }),
    });
  }

  /** Single readings at a steady rate. */
  steady(server: Server): Promise<Measurement> {
    return this.atRate(server, (connection) => this.requests.single(connection));
  }

  /** The sink itself at the same rate, without any server before it. */
  steadyPuts(): Promise<Measurement> {
    return this.atRate(this.stand.sink, (connection) => this.requests.put(connection));
  }

  private atRate(
    server: Server,
    requestsOf: (connection: number) => NextRequest,
  ): Promise<Measurement> {
    this.requests.nextDay();
    return measure(this.stand, {
      server,
      readingsPerRequest: 1,
      writes: true,
      run: (onEdge) =>
        runOpenLoop({
          port: server.port,
          perSecond: STEADY_PER_SECOND,
          warmUpMs: this.plan.warmUpMs,
          measureMs: this.plan.steadyMs,
          requestsOf,
          onEdge,
        }),
    });
  }
}
