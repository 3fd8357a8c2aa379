import {
  createPrivateKey,
  createPublicKey,
  createSign,
  generateKeyPairSync,
  randomUUID,
  type KeyObject,
} from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export const ISSUER = 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_SensorFlo';
export const WEB_CLIENT_ID = 'web-client';
export const MACHINE_CLIENT_ID = 'machine-client';

type Json = Readonly<Record<string, unknown>>;

/** A user pool's signing key: makes tokens as Cognito does, and tokens as an attacker would. */
export class TokenSigner {
  private constructor(
    readonly keyId: string,
    readonly publicKey: KeyObject,
    readonly privateKey: KeyObject,
  ) {}

  static create(keyId: string = randomUUID(), modulusLength = 2048): TokenSigner {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength });
    return new TokenSigner(keyId, publicKey, privateKey);
  }

  /** With a key that somebody else made. */
  static fromPem(keyId: string, pem: string): TokenSigner {
    return new TokenSigner(keyId, createPublicKey(pem), createPrivateKey(pem));
  }

  get jwk(): Json {
    const jwk = this.publicKey.export({ format: 'jwk' });
    return { ...jwk, kid: this.keyId, use: 'sig', alg: 'RS256' };
  }

  /** An access token of the web client. `undefined` takes a claim away. */
  userToken(claims: Json = {}, header: Json = {}): string {
    return this.sign({ ...userClaims(), ...claims }, header);
  }

  /** An access token of the client-credentials grant. */
  machineToken(claims: Json = {}, header: Json = {}): string {
    return this.sign({ ...machineClaims(), ...claims }, header);
  }

  sign(claims: Json, header: Json = {}): string {
    return this.signTexts(
      JSON.stringify({ kid: this.keyId, alg: 'RS256', ...header }),
      JSON.stringify(claims),
    );
  }

  /** Signs texts as they are, valid JSON or not. */
  signTexts(header: string, payload: string | Buffer): string {
    return this.signInput(`${base64url(header)}.${base64url(payload)}`);
  }

  /** Signs what may not even be base64. */
  signInput(input: string): string {
    const signature = createSign('RSA-SHA256').update(input).sign(this.privateKey);
    return `${input}.${base64url(signature)}`;
  }
}

export function base64url(bytes: string | Buffer): string {
  return Buffer.from(bytes).toString('base64url');
}

export function nowEpochSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

export function userClaims(): Json {
  const now = nowEpochSeconds();
  return {
    sub: 'a1b2c3d4-user',
    'cognito:groups': ['operators'],
    iss: ISSUER,
    client_id: WEB_CLIENT_ID,
    origin_jti: randomUUID(),
    event_id: randomUUID(),
    token_use: 'access',
    scope: 'aws.cognito.signin.user.admin',
    auth_time: now,
    exp: now + 3600,
    iat: now,
    jti: randomUUID(),
    username: 'ada',
  };
}

export function machineClaims(): Json {
  const now = nowEpochSeconds();
  return {
    sub: MACHINE_CLIENT_ID,
    token_use: 'access',
    scope: 'sensorflow/read sensorflow/write',
    auth_time: now,
    iss: ISSUER,
    exp: now + 3600,
    iat: now,
    version: 2,
    jti: randomUUID(),
    client_id: MACHINE_CLIENT_ID,
  };
}

/** A JWKS endpoint whose keys, failures and requests a test can see and change. */
export interface JwksServer {
  readonly url: string;
  /** Requests so far. */
  readonly requests: number;
  publish(...jwks: readonly Json[]): void;
  /** Answers this instead of keys, until the next `publish`. */
  answer(status: number, body: string, headers?: Readonly<Record<string, string>>): void;
  close(): Promise<void>;
}

export async function startJwksServer(...jwks: readonly Json[]): Promise<JwksServer> {
  const type = { 'content-type': 'application/json' };
  let reply = { status: 200, body: JSON.stringify({ keys: jwks }), headers: {} };
  let requests = 0;
  const server = createServer((_request, response) => {
    requests += 1;
    response.writeHead(reply.status, { ...type, ...reply.headers }).end(reply.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/jwks.json`,
    get requests() {
      return requests;
    },
    publish: (...keys) => {
      reply = { status: 200, body: JSON.stringify({ keys }), headers: {} };
    },
    answer: (status, body, headers = {}) => {
      reply = { status, body, headers };
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
