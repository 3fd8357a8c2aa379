import type { IncomingMessage } from 'node:http';
import type { Administrators } from './administrators.js';
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
    private readonly administrators: Administrators,
  ) {}

  /** Throws CognitoError. */
  async call(request: IncomingMessage, body: Buffer): Promise<object> {
    const operation = this.operation(request, body);
    requireContentType(request.headers['content-type']);
    return operation(RequestFields.parse(body));
  }

  private operation(request: IncomingMessage, body: Buffer): Operation {
    const target = request.headers['x-amz-target'];
    const name = typeof target === 'string' ? target.slice(TARGET_PREFIX.length) : '';
    const isOurs = target === TARGET_PREFIX + name;
    const open = isOurs ? ownOperation(this.publicOperations, name) : undefined;
    if (open !== undefined) return open;
    const guarded = isOurs ? ownOperation(this.iamOperations, name) : undefined;
    if (guarded === undefined) throw new CognitoError('UnknownOperationException', '');
    this.administrators.requireSignature(request, body);
    return guarded;
  }
}

function ownOperation(
  operations: Readonly<Record<string, Operation>>,
  name: string,
): Operation | undefined {
  return Object.hasOwn(operations, name) ? operations[name] : undefined;
}

/** A web page cannot send this type across origins without asking first, which nothing here grants. */
function requireContentType(contentType: string | undefined): void {
  if (contentType?.split(';')[0]?.trim().toLowerCase() === CONTENT_TYPE) return;
  throw new CognitoError('SerializationException', `Content-Type is not ${CONTENT_TYPE}`);
}
