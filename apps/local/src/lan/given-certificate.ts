import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { CannotStartError } from '../stack/options.js';
import type { GivenFiles } from './lan-options.js';

/** Throws CannotStartError for files with which no client would get through. */
export function assertUsable({ certificateFile, keyFile }: GivenFiles, nowEpochMs: number): void {
  const certificate = parsed(certificateFile, 'certificate', (pem) => new X509Certificate(pem));
  const key = parsed(keyFile, 'private key', (pem) => createPrivateKey(pem));
  if (!certificate.checkPrivateKey(key)) {
    throw new CannotStartError(`${keyFile} is not the key of ${certificateFile}.`);
  }
  if (certificate.validToDate.getTime() <= nowEpochMs) {
    throw new CannotStartError(`${certificateFile} expired on ${certificate.validTo}.`);
  }
}

function parsed<Result>(file: string, what: string, parse: (pem: string) => Result): Result {
  // What the system says of a file that is not there names it.
  const pem = readFileSync(file, 'utf8');
  try {
    return parse(pem);
  } catch (cause) {
    throw new CannotStartError(`${file} has no ${what} in PEM, or one with a passphrase.`, {
      cause,
    });
  }
}
