import {
  DynamoDBServiceException,
  PutItemCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { getEndpointFromInstructions } from '@smithy/core/endpoints';
import { HttpRequest, type HttpResponse } from '@smithy/core/protocols';
import { readAnswer } from './read-answer.js';

type Signer = Awaited<ReturnType<DynamoDBClient['config']['signer']>>;

/** Where calls go and how they are signed: the same for as long as the credentials are. */
interface Destination {
  readonly credentials: object;
  readonly url: URL;
  readonly signer: Signer;
}

/** From its departure to the last byte of the answer; the client's own timeout ends with the headers. */
const CALL_TIMEOUT_MS = 1_000;

/**
 * Makes calls to DynamoDB of which the JSON is written already: with the endpoint, the credentials,
 * the signer and the connections of an SDK client, but without its serializers and middleware, which
 * cost more than all the rest of a write (decision 0007). One attempt a call.
 */
export class DynamoDbCaller {
  private destination: Destination | undefined;
  private clockOffsetMs = 0;

  /** @param tableName some endpoints depend on it */
  constructor(
    private readonly client: DynamoDBClient,
    private readonly tableName: string,
  ) {}

  /**
   * The parsed answer. Throws what the client's `send` throws: DynamoDBServiceException for a refusal,
   * SyntaxError for what is no JSON, and the errors of connections and of credentials.
   */
  async call(operation: 'PutItem' | 'BatchWriteItem', body: string): Promise<unknown> {
    const { url, signer } = await this.currentDestination();
    const signed = await signer.sign(requestTo(url, operation, body), {
      signingDate: new Date(Date.now() + this.clockOffsetMs),
    });
    const deadlineMs = performance.now() + CALL_TIMEOUT_MS;
    const { response } = await this.client.config.requestHandler.handle(HttpRequest.clone(signed));
    const text = await readAnswer(response, deadlineMs);
    const { statusCode } = response;
    if (statusCode !== 200) await this.correctClock(response);
    const answer: unknown = JSON.parse(text);
    const exception = textIn(answer, '__type');
    if (statusCode !== 200 || exception !== undefined) throw refusal(statusCode, exception, answer);
    return answer;
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
    this.destination = { credentials, url, signer };
    return this.destination;
  }

  /** DynamoDB refuses signatures that are minutes off, and says with every answer what time it is. */
  private async correctClock({ headers }: HttpResponse): Promise<void> {
    const serverEpochMs = Date.parse(headers['date'] ?? '');
    if (Number.isNaN(serverEpochMs) || (await this.client.config.disableClockSkewCorrection())) {
      return;
    }
    this.clockOffsetMs = serverEpochMs - Date.now();
  }
}

function requestTo(url: URL, operation: string, body: string): HttpRequest {
  return new HttpRequest({
    protocol: url.protocol,
    hostname: url.hostname,
    ...(url.port !== '' && { port: Number(url.port) }),
    method: 'POST',
    path: url.pathname.endsWith('/') ? url.pathname : `${url.pathname}/`,
    headers: {
      host: url.host,
      'content-type': 'application/x-amz-json-1.0',
      'content-length': String(Buffer.byteLength(body)),
      'x-amz-target': `DynamoDB_20120810.${operation}`,
    },
    body,
  });
}

/** @param exception as DynamoDB names it: com.amazonaws.dynamodb.v20120810#ValidationException */
function refusal(
  statusCode: number,
  exception: string | undefined,
  answer: unknown,
): DynamoDBServiceException {
  return new DynamoDBServiceException({
    name: exception?.split('#').at(-1) ?? 'UnknownError',
    message: textIn(answer, 'message') ?? textIn(answer, 'Message') ?? `status ${statusCode}`,
    $fault: statusCode < 500 ? 'client' : 'server',
    $metadata: { httpStatusCode: statusCode },
  });
}

function textIn(answer: unknown, name: string): string | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined;
  const entry: unknown = Reflect.get(answer, name);
  return typeof entry === 'string' ? entry : undefined;
}
