import { createSign, generateKeyPairSync, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

export const ISSUER = 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Benchmark';
export const CLIENT_ID = 'bench-machine';
export const CLIENT_SECRET = 'bench';
export const SCOPE = 'sensorflow/read sensorflow/write';
const KEY_ID = 'bench-key';
const LIFETIME_SECONDS = 7200;

/** Cognito's and S3's parts of the world: a JWKS document, a token endpoint, one object to download. */
export class Cloud {
  private readonly keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  private readonly server: Server;
  private object: { readonly path: string; readonly file: string } | undefined;

  constructor() {
    this.server = createServer((request, response) => this.answer(request.resume(), response));
  }

  async start(): Promise<void> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
  }

  get url(): string {
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('not started');
    return `http://127.0.0.1:${address.port}`;
  }

  get jwksUri(): string {
    return `${this.url}/jwks.json`;
  }

  get tokenUrl(): string {
    return `${this.url}/oauth2/token`;
  }

  /** What `GET /<bucket>/<key>` answers with from now on. */
  serveObject(path: string, file: string): void {
    this.object = { path, file };
  }

  /** An access token of a machine client, as Cognito's client-credentials grant makes them. */
  machineToken(): string {
    const now = Math.floor(Date.now() / 1000);
    const header = encode({ kid: KEY_ID, alg: 'RS256' });
    const claims = encode({
      sub: CLIENT_ID,
      token_use: 'access',
      scope: SCOPE,
      auth_time: now,
      iss: ISSUER,
      exp: now + LIFETIME_SECONDS,
      iat: now,
      version: 2,
      jti: randomUUID(),
      client_id: CLIENT_ID,
    });
    const signature = createSign('RSA-SHA256').update(`${header}.${claims}`);
    return `${header}.${claims}.${signature.sign(this.keys.privateKey).toString('base64url')}`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private answer({ url = '/', headers }: IncomingMessage, response: ServerResponse): void {
    const path = url.split('?', 1)[0];
    if (path === '/oauth2/token') this.answerWithToken(headers.authorization, response);
    else if (path === '/jwks.json') {
      const jwk = { ...this.keys.publicKey.export({ format: 'jwk' }), kid: KEY_ID };
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ keys: [{ ...jwk, use: 'sig', alg: 'RS256' }] }));
    } else if (this.object && path === this.object.path) {
      const { size } = statSync(this.object.file);
      response.writeHead(200, { 'content-length': size, 'content-type': 'text/csv' });
      createReadStream(this.object.file).pipe(response);
    } else response.writeHead(404).end();
  }

  /** Of the client-credentials grant, whatever the form says: there is one client and one scope. */
  private answerWithToken(authorization: string | undefined, response: ServerResponse): void {
    const credentials = Buffer.from(`${CLIENT_ID}:${CLIENT_SECRET}`).toString('base64');
    if (authorization !== `Basic ${credentials}`) {
      response.writeHead(401, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: 'invalid_client' }));
      return;
    }
    const token = { access_token: this.machineToken(), token_type: 'Bearer' };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ ...token, expires_in: LIFETIME_SECONDS }));
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
