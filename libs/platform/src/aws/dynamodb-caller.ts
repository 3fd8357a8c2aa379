import {
  DynamoDBServiceException,
  PutItemCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { getEndpointFromInstructions } from '@smithy/core/endpoints';
import { hash } from 'node:crypto';
import { Agent as HttpAgent, type IncomingHttpHeaders, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { urlToHttpOptions } from 'node:url';
import { exchange } from './exchange.js';

type Signer = Awaited<ReturnType<DynamoDBClient['config']['signer']>>;

/** Where calls go and how they are signed: the same for as long as the credentials are. */
interface Destination {
  readonly credentials: object;
  readonly url: URL;
  readonly signer: Signer;
  readonly options: RequestOptions;
}

/** In either direction. */
export interface ClockSkew {
  readonly atLeastMs: number;
  readonly measuredEpochMs: number;
}

const POOL = { keepAlive: true, maxSockets: 64 };

/**
 * Makes calls to DynamoDB of which the JSON is written already: with the endpoint, the credentials and
 * the signer of an SDK client, but without its serializers, middleware and handler, which cost more
 * than all the rest of a write (decision 0007). One attempt a call.
 */
export class DynamoDbCaller {
  private readonly agents = { http: new HttpAgent(POOL), https: new HttpsAgent(POOL) };
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
   * SyntaxError for what is no JSON, and the errors of connections and of credentials.
   */
  async call(operation: 'PutItem' | 'BatchWriteItem' | 'GetItem', body: string): Promise<unknown> {
    const { url, signer, options } = await this.currentDestination();
    const { headers: signed } = await signer.sign(requestTo(url, operation, body), {
      signingDate: new Date(Date.now() + this.clockOffsetMs),
    });
    const sentEpochMs = Date.now();
    const { status, headers, text } = await exchange({ ...options, headers: signed }, body);
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
    const signer = await config.signer(properties?.authSchemes?.[0]);
    const agent = url.protocol === 'https:' ? this.agents.https : this.agents.http;
    const options = { ...urlToHttpOptions(url), path: pathOf(url), method: 'POST', agent };
    this.destination = { credentials, url, signer, options };
    return this.destination;
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

/** What is signed. */
function requestTo(url: URL, operation: string, body: string): Parameters<Signer['sign']>[0] {
  return {
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    path: pathOf(url),
    query: {},
    headers: {
      host: url.host,
      'content-type': 'application/x-amz-json-1.0',
      'content-length': String(Buffer.byteLength(body)),
      // The signer would find it out by itself, by a hash object and a copy of it.
      'x-amz-content-sha256': hash('sha256', body),
      'x-amz-target': `DynamoDB_20120810.${operation}`,
    },
    body,
  };
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
