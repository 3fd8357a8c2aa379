import { createHash, createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A call as a test wants it signed: a POST in AWS JSON unless it says otherwise. */
export interface AwsCall {
  readonly url: string;
  readonly method?: string;
  readonly service: string;
  readonly target: string;
  readonly body: string;
  readonly credentials: Credentials;
  readonly contentType?: string;
  readonly region?: string;
  /** What the signature covers as Host; that of the URL unless set. */
  readonly host?: string;
  readonly date?: Date;
}

/** The secret by which everything of a running stack signs. */
export function stackCredentials(dataDir: string): Credentials {
  return JSON.parse(readFileSync(join(dataDir, 'installation.json'), 'utf8')).credentials;
}

/** Signature Version 4, written anew from its documentation, so that the verifier meets another's reading of it. */
export function signedHeaders(call: AwsCall): Record<string, string> {
  const amzDate = (call.date ?? new Date()).toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
  const scope = [amzDate.slice(0, 8), call.region ?? 'local', call.service, 'aws4_request'];
  const headers: Record<string, string> = {
    'content-type': call.contentType ?? 'application/x-amz-json-1.0',
    host: call.host ?? new URL(call.url).host,
    ...(call.service === 's3' && { 'x-amz-content-sha256': sha256(call.body) }),
    'x-amz-date': amzDate,
    'x-amz-target': call.target,
  };
  const names = Object.keys(headers).join(';');
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
  const canonical = [call.method ?? 'POST', '/', '', lines.join(''), names, sha256(call.body)].join(
    '\n',
  );
  const toSign = ['AWS4-HMAC-SHA256', amzDate, scope.join('/'), sha256(canonical)].join('\n');
  const key = scope.reduce(mac, Buffer.from(`AWS4${call.credentials.secretAccessKey}`));
  const signature = mac(key, toSign).toString('hex');
  const credential = `${call.credentials.accessKeyId}/${scope.join('/')}`;
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`,
  };
}

function mac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
