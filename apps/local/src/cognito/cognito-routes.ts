import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { CognitoError } from './cognito-error.js';
import type { JsonApi } from './json-api.js';
import type { PoolStore } from './pool-store.js';
import { readBody } from './request-body.js';
import { OAuthError, type TokenEndpoint } from './token-endpoint.js';
import type { TokenSigner } from './token-signer.js';

/** What the routes lead to. `reportFault` hears of errors that are the emulator's own. */
export interface RouteTargets {
  readonly jsonApi: JsonApi;
  readonly tokenEndpoint: TokenEndpoint;
  readonly signer: TokenSigner;
  readonly pools: PoolStore;
  /** The emulator's own base URL, without a trailing slash. */
  readonly url: string;
  readonly reportFault: (error: unknown) => void;
}

interface Answer {
  readonly status: number;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
}

const MAX_BODY_BYTES = 64 * 1024;
const WELL_KNOWN = /^\/([\w-]+)\/\.well-known\/(jwks\.json|openid-configuration)$/;

/** The emulator's HTTP face: the JSON API, the token endpoint, and what verifiers fetch. */
export class CognitoRoutes {
  constructor(private readonly to: RouteTargets) {}

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = await this.answerTo(request).catch((error: unknown) =>
      this.internalError(error),
    );
    if (response.destroyed) return;
    response.writeHead(answer.status, {
      'content-type': 'application/json',
      'x-amzn-requestid': randomUUID(),
      ...answer.headers,
    });
    response.end(JSON.stringify(answer.body));
  }

  private async answerTo(request: IncomingMessage): Promise<Answer> {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    if (request.method === 'GET') return this.wellKnown(path);
    if (request.method !== 'POST') return plainError(405, 'method not allowed');
    if (path !== '/' && path !== '/oauth2/token') return plainError(404, 'not found');
    const body = await readBody(request, MAX_BODY_BYTES);
    if (body === undefined) return tooLarge();
    return path === '/' ? this.callApi(request, body) : this.grantToken(request, body);
  }

  private async callApi(request: IncomingMessage, body: Buffer): Promise<Answer> {
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'cache-control': 'no-store' };
    try {
      return { status: 200, body: await this.to.jsonApi.call(request, body), headers };
    } catch (error) {
      if (!(error instanceof CognitoError)) throw error;
      return {
        status: error.status,
        body: { __type: error.type, message: error.message },
        headers: { ...headers, 'x-amzn-errortype': `${error.type}:` },
      };
    }
  }

  private async grantToken(request: IncomingMessage, body: Buffer): Promise<Answer> {
    const headers = { 'cache-control': 'no-store', pragma: 'no-cache' };
    try {
      requireFormType(request.headers['content-type']);
      const { authorization } = request.headers;
      const token = await this.to.tokenEndpoint.grantToken(authorization, body.toString('utf8'));
      return { status: 200, body: token, headers };
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error;
      return { status: 400, body: { error: error.code }, headers };
    }
  }

  private wellKnown(path: string): Answer {
    const [, poolId, document] = WELL_KNOWN.exec(path) ?? [];
    if (poolId === undefined || this.to.pools.findPool(poolId) === undefined) {
      return plainError(404, 'not found');
    }
    if (document === 'jwks.json') {
      return { status: 200, body: { keys: this.to.signer.publishedKeys(poolId) } };
    }
    return { status: 200, body: this.openIdConfiguration(poolId) };
  }

  private openIdConfiguration(poolId: string): object {
    const issuer = this.to.signer.issuerOf(poolId);
    return {
      issuer,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      token_endpoint: `${this.to.url}/oauth2/token`,
      grant_types_supported: ['client_credentials'],
      response_types_supported: [],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    };
  }

  private internalError(error: unknown): Answer {
    this.to.reportFault(error);
    const body = { __type: 'InternalErrorException', message: 'The emulator failed' };
    return { status: 500, body };
  }
}

function requireFormType(contentType: string | undefined): void {
  const type = contentType?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') throw new OAuthError('invalid_request');
}

function plainError(status: number, message: string): Answer {
  return { status, body: { message } };
}

function tooLarge(): Answer {
  const message = `The body is larger than ${MAX_BODY_BYTES} bytes`;
  return {
    status: 413,
    body: { __type: 'SerializationException', message },
    headers: { connection: 'close' },
  };
}
