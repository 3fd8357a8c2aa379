import {
  DynamoDBServiceException,
  PutItemCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { getEndpointFromInstructions } from '@smithy/core/endpoints';
import type { IncomingHttpHeaders } from 'node:http';
import { CallSigner } from './call-signature.js';
import { Connections } from './exchange.js';

/** The endpoint and the signer of calls, for as long as the credentials stay the same. */
interface Destination {
  readonly credentials: object;
  readonly origin: string;
  readonly path: string;
  readonly signer: CallSigner;
  readonly connections: Connections;
}

/** In either direction. */
export interface ClockSkew {
  readonly atLeastMs: number;
  readonly measuredEpochMs: number;
}

const MAX_CONNECTIONS = 64;

/**
 * Sends DynamoDB calls whose JSON is ready: with the endpoint and the credentials of an SDK client, but without its
 * serializers, middleware, signer and handler, which cost more than the rest of a write (decision 0007). One attempt
 * for each call.
 */
export class DynamoDbCaller {
  private destination: Destination | undefined;
  private clockOffsetMs = 0;
  private skew: ClockSkew | undefined;

  /** @param tableName some endpoints depend on it */
  constructor(
    private readonly client: DynamoDBClient,
    private readonly tableName: string,
  ) {}

  /**
   * The parsed answer. Throws what the client's `send` throws: DynamoDBServiceException for a refusal,
   * SyntaxError for an answer that is not JSON, and the errors of connections and of credentials.
   */
  async call(operation: 'PutItem' | 'BatchWriteItem' | 'GetItem', body: string): Promise<unknown> {
    const { path, signer, connections } = await this.currentDestination();
    const sentEpochMs = Date.now();
    const target = `DynamoDB_20120810.${operation}`;
    // Once, for its hash and for its connection.
    const bytes = Buffer.from(body);
    const signed = signer.headers(target, bytes, sentEpochMs + this.clockOffsetMs);
    const { status, headers, text } = await connections.exchange({
      path,
      headers: signed,
      body: bytes,
    });
    this.noteClock(sentEpochMs, headers);
    if (status !== 200) await this.correctClock(headers);
    const answer: unknown = JSON.parse(text);
    const exception = textIn(answer, '__type');
    if (status !== 200 || exception !== undefined) throw refusal(status, exception, answer);
    return answer;
  }

  /** How far this machine's clock was from DynamoDB's at the last answer; undefined before any. */
  get clockSkew(): ClockSkew | undefined {
    return this.skew;
  }

  /** The header has whole seconds, so DynamoDB's clock was somewhere in a second between sending and now. */
  private noteClock(sentEpochMs: number, { date }: IncomingHttpHeaders): void {
    const serverEpochMs = Date.parse(date ?? '');
    if (Number.isNaN(serverEpochMs)) return;
    const nowEpochMs = Date.now();
    const aheadMs = Math.max(0, sentEpochMs - (serverEpochMs + 1000));
    const behindMs = Math.max(0, serverEpochMs - nowEpochMs);
    this.skew = { atLeastMs: Math.max(aheadMs, behindMs), measuredEpochMs: nowEpochMs };
  }

  private async currentDestination(): Promise<Destination> {
    const { config } = this.client;
    const credentials = await config.credentials();
    if (this.destination?.credentials === credentials) return this.destination;
    const { url, properties } = await getEndpointFromInstructions(
      { TableName: this.tableName },
      PutItemCommand,
      { ...config },
    );
    const [scheme] = properties?.authSchemes ?? [];
    const region = scheme?.signingRegion ?? (await config.region());
    const service = scheme?.signingName ?? 'dynamodb';
    url.pathname = pathOf(url);
    const signer = new CallSigner({ url, region, service }, credentials);
    const connections = this.connectionsTo(url.origin);
    const { origin, pathname: path } = url;
    this.destination = { credentials, origin, path, signer, connections };
    return this.destination;
  }

  /** New credentials usually have the same endpoint. */
  private connectionsTo(origin: string): Connections {
    const before = this.destination;
    if (before?.origin === origin) return before.connections;
    // Its running calls have a deadline.
    void before?.connections.close();
    return new Connections(origin, MAX_CONNECTIONS);
  }

  /** DynamoDB refuses signatures that are minutes off, and says with every answer what time it is. */
  private async correctClock(headers: IncomingHttpHeaders): Promise<void> {
    const serverEpochMs = Date.parse(headers.date ?? '');
    if (Number.isNaN(serverEpochMs) || (await this.client.config.disableClockSkewCorrection())) {
      return;
    }
    this.clockOffsetMs = serverEpochMs - Date.now();
  }
}

function pathOf({ pathname }: URL): string {
  return pathname.endsWith('/') ? pathname : `${pathname}/`;
}

/** @param exception as DynamoDB names it: com.amazonaws.dynamodb.v20120810#ValidationException */
function refusal(
  status: number,
  exception: string | undefined,
  answer: unknown,
): DynamoDBServiceException {
  return new DynamoDBServiceException({
    name: exception?.split('#').at(-1) ?? 'UnknownError',
    message: textIn(answer, 'message') ?? textIn(answer, 'Message') ?? `status ${status}`,
    $fault: status < 500 ? 'client' : 'server',
    $metadata: { httpStatusCode: status },
  });
}

function textIn(answer: unknown, name: string): string | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined;
  const entry: unknown = Reflect.get(answer, name);
  return typeof entry === 'string' ? entry : undefined;
}
