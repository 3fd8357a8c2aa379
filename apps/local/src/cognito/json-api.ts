import type { IncomingHttpHeaders } from 'node:http';
import { CognitoError } from './cognito-error.js';
import type { Operation } from './operation.js';
import { RequestFields } from './request-fields.js';

const TARGET_PREFIX = 'AWSCognitoIdentityProviderService.';
const CONTENT_TYPE = 'application/x-amz-json-1.1';

/** Cognito's API for users and administrators: AWS JSON 1.1, one operation a request. */
export class JsonApi {
  constructor(
    private readonly publicOperations: Readonly<Record<string, Operation>>,
    private readonly iamOperations: Readonly<Record<string, Operation>>,
  ) {}

  /** Throws CognitoError. */
  async call(headers: IncomingHttpHeaders, body: Uint8Array): Promise<object> {
    const operation = this.operation(headers);
    requireContentType(headers['content-type']);
    return operation(RequestFields.parse(body));
  }

  private operation(headers: IncomingHttpHeaders): Operation {
    const target = headers['x-amz-target'];
    const name = typeof target === 'string' ? target.slice(TARGET_PREFIX.length) : '';
    const isOurs = target === TARGET_PREFIX + name;
    const open = isOurs ? ownOperation(this.publicOperations, name) : undefined;
    if (open !== undefined) return open;
    const guarded = isOurs ? ownOperation(this.iamOperations, name) : undefined;
    if (guarded === undefined) throw new CognitoError('UnknownOperationException', '');
    requireSignature(headers.authorization);
    return guarded;
  }
}

function ownOperation(
  operations: Readonly<Record<string, Operation>>,
  name: string,
): Operation | undefined {
  return Object.hasOwn(operations, name) ? operations[name] : undefined;
}

/**
 * Only that the request is signed, not by whom: the emulator knows no IAM users. It listens on loopback
 * and is for development; that production signs its calls is all that can go wrong unseen here.
 */
function requireSignature(authorization: string | undefined): void {
  if (authorization === undefined) {
    throw new CognitoError('MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
  if (!/^AWS4-HMAC-SHA256 +Credential=.+Signature=[0-9a-f]{64}$/.test(authorization)) {
    throw new CognitoError('IncompleteSignatureException', 'Authorization is no AWS signature');
  }
}

/** A web page cannot send this type across origins without asking first, which nothing here grants. */
function requireContentType(contentType: string | undefined): void {
  if (contentType?.split(';')[0]?.trim().toLowerCase() === CONTENT_TYPE) return;
  throw new CognitoError('SerializationException', `Content-Type is not ${CONTENT_TYPE}`);
}
