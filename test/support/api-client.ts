import type { Announcement } from '../../apps/local/src/stack/announcement.js';
import { DocumentedAnswers } from './documented-answers.js';

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed JSON, or undefined. */
  readonly body: any;
  readonly text: string;
}

export interface ApiRequest {
  readonly json?: unknown;
  readonly body?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
}

/** Speaks HTTP to a running API, and holds every answer against its OpenAPI document. */
export class ApiClient {
  private constructor(
    private readonly baseUrl: string,
    private readonly answers: DocumentedAnswers,
    private readonly credentials: Readonly<Record<string, string>>,
  ) {}

  static async connect(baseUrl: string): Promise<ApiClient> {
    const document: any = await (await fetch(`${baseUrl}/openapi.json`)).json();
    return new ApiClient(baseUrl, new DocumentedAnswers(document), {});
  }

  withToken(token: string): ApiClient {
    return this.with({ authorization: `Bearer ${token}` });
  }

  withCookie(cookie: string): ApiClient {
    return this.with({ cookie });
  }

  private with(credentials: Readonly<Record<string, string>>): ApiClient {
    return new ApiClient(this.baseUrl, this.answers, credentials);
  }

  async get(path: string, query?: ApiRequest['query']): Promise<ApiAnswer> {
    return this.send('GET', path, query === undefined ? {} : { query });
  }

  async post(path: string, json: unknown, request: ApiRequest = {}): Promise<ApiAnswer> {
    return this.send('POST', path, { json, ...request });
  }

  async send(method: string, path: string, request: ApiRequest = {}): Promise<ApiAnswer> {
    const url = new URL(`${this.baseUrl}${path}`);
    for (const [name, value] of Object.entries(request.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const json = request.json === undefined ? undefined : JSON.stringify(request.json);
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      headers: {
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...this.credentials,
        ...request.headers,
      },
      body: request.body ?? json ?? null,
    });
    return this.checked(method, url.pathname, response);
  }

  private async checked(method: string, path: string, response: Response): Promise<ApiAnswer> {
    const text = await response.text();
    const contentType = response.headers.get('content-type')?.split(';')[0];
    const isJson = contentType?.endsWith('json') === true;
    const body: unknown = isJson ? JSON.parse(text) : undefined;
    if (isJson || text === '') {
      this.answers.check(method, path, {
        status: response.status,
        contentType: text === '' ? undefined : contentType,
        body,
      });
    }
    return { status: response.status, headers: response.headers, body, text };
  }
}

/** A token of the demo machine, for all scopes unless some are named. */
export async function machineToken(
  { machine }: Pick<Announcement, 'machine'>,
  scope = machine.scope,
): Promise<string> {
  const { tokenUrl, clientId, clientSecret } = machine;
  const response = await fetch(tokenUrl, {
    method: 'POST',
    headers: { authorization: basic(clientId, clientSecret) },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope }),
  });
  const answer: any = await response.json();
  return answer.access_token;
}

export function basic(name: string, secret: string): string {
  return `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`;
}

/** Asks again until the answer satisfies, for what becomes true a little later. */
export async function eventually<T>(
  ask: () => Promise<T>,
  satisfies: (answer: T) => boolean,
  deadlineMs = 30_000,
  pauseMs = 100,
): Promise<T> {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (satisfies(answer)) return answer;
    if (Date.now() > deadline) {
      throw new Error(`not within ${deadlineMs} ms: ${JSON.stringify(answer).slice(0, 2000)}`);
    }
    await new Promise((resolve) => {
      setTimeout(resolve, pauseMs);
    });
  }
}
