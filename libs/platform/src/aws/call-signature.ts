import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';

export interface SigningCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** The target of a call, and what its signature covers. */
export interface SigningScope {
  readonly url: URL;
  readonly region: string;
  readonly service: string;
}

const CONTENT_TYPE = 'application/x-amz-json-1.0';

/**
 * Signature Version 4 (AWS's IAM guide, "Create a signed request") for posts of JSON to one endpoint. The
 * SDK's signer analyses each request and imports the key for each: four times the CPU. Here the parts that all calls
 * share are made once, and those of a second or a day once in it.
 */
export class CallSigner {
  private readonly path: string;
  private readonly signedHeaders: string;
  private readonly token: string;
  private second = NaN;
  private amzDate = '';
  private day = '';
  private scopeText = '';
  private key: KeyObject | undefined;

  constructor(
    private readonly scope: SigningScope,
    private readonly credentials: SigningCredentials,
  ) {
    this.path = canonicalPath(scope.url.pathname);
    const { sessionToken } = credentials;
    this.token = sessionToken === undefined ? '' : `x-amz-security-token:${sessionToken}\n`;
    const names = ['content-type', 'host', 'x-amz-content-sha256', 'x-amz-date'];
    if (sessionToken !== undefined) names.push('x-amz-security-token');
    this.signedHeaders = [...names, 'x-amz-target'].join(';');
  }

  /** The headers of a call, names and values alternating, without Host and Content-Length, which the connection writes. */
  headers(target: string, body: Uint8Array, epochMs: number): string[] {
    const key = this.keyAt(epochMs);
    const { amzDate, scopeText, signedHeaders } = this;
    const bodyHash = hash('sha256', body);
    const canonical =
      `POST\n${this.path}\n\ncontent-type:${CONTENT_TYPE}\nhost:${this.scope.url.host}\n` +
      `x-amz-content-sha256:${bodyHash}\nx-amz-date:${amzDate}\n${this.token}x-amz-target:${target}\n\n` +
      `${signedHeaders}\n${bodyHash}`;
    const signature = createHmac('sha256', key)
      .update(`AWS4-HMAC-SHA256\n${amzDate}\n${scopeText}\n${hash('sha256', canonical)}`)
      .digest('hex');
    const { accessKeyId, sessionToken } = this.credentials;
    const headers = ['content-type', CONTENT_TYPE, 'x-amz-target', target];
    headers.push('x-amz-date', amzDate, 'x-amz-content-sha256', bodyHash);
    if (sessionToken !== undefined) headers.push('x-amz-security-token', sessionToken);
    headers.push(
      'authorization',
      `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scopeText}, SignedHeaders=${signedHeaders}, Signature=${signature}`,
    );
    return headers;
  }

  private keyAt(epochMs: number): KeyObject {
    const second = Math.floor(epochMs / 1000);
    if (second === this.second && this.key) return this.key;
    this.second = second;
    this.amzDate = new Date(second * 1000).toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
    const day = this.amzDate.slice(0, 8);
    if (day === this.day && this.key) return this.key;
    const { region, service } = this.scope;
    const key = [day, region, service, 'aws4_request'].reduce(
      (secret, part) => createHmac('sha256', secret).update(part).digest(),
      Buffer.from(`AWS4${this.credentials.secretAccessKey}`),
    );
    this.day = day;
    this.scopeText = `${day}/${region}/${service}/aws4_request`;
    return (this.key = createSecretKey(key));
  }
}

/** Escaped once more than in the request: S3 alone does without. */
function canonicalPath(path: string): string {
  return encodeURIComponent(path.replaceAll(/\/{2,}/g, '/'))
    .replaceAll('%2F', '/')
    .replaceAll(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
}
