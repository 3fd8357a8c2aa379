import { SystemClock } from '@sensorflow/kernel';
import type { IncomingMessage } from 'node:http';
import { readAuthorization } from '../aws-signature/authorization.js';
import { JSON_REFUSALS } from '../aws-signature/json-refusal.js';
import { SignatureRefusal } from '../aws-signature/signature-refusal.js';
import { readSignedRequest } from '../aws-signature/signed-request.js';
import { sha256Hex } from '../aws-signature/signing-key.js';
import { verifySignature, type Credentials } from '../aws-signature/verify-signature.js';
import { CognitoError } from './cognito-error.js';

/** Who may administer: in AWS, callers with IAM permissions; here, who has the installation's secret. */
export class Administrators {
  /** Signatures carry the machine's time, whatever time a test lets the users live in. */
  private readonly clock = new SystemClock();

  constructor(
    private readonly known: { readonly region: string; readonly credentials: Credentials },
  ) {}

  /** Throws CognitoError unless the request and its body are signed by an administrator. */
  requireSignature(request: IncomingMessage, body: Buffer): void {
    const { region, credentials } = this.known;
    const policy = { service: 'cognito-idp', region, credentials } as const;
    try {
      const signed = readSignedRequest(request);
      const authorization = readAuthorization(signed);
      verifySignature(signed, authorization, sha256Hex(body), policy, this.clock.nowEpochMs());
    } catch (error) {
      if (!(error instanceof SignatureRefusal)) throw error;
      throw new CognitoError(JSON_REFUSALS[error.reason], error.message);
    }
  }
}
