import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { StackLog } from '../stack/stack-log.js';
import type { Teardown } from '../stack/teardown.js';
import { assertUsable } from './given-certificate.js';
import type { GivenFiles, LanOptions } from './lan-options.js';
import { isOfNetwork, machineNames, type MachineNames } from './machine-names.js';
import { ensureOwnCertificate, ownCertificateFiles } from './own-certificate.js';

/** What HTTPS is served with on the network, and how to name this machine there. */
export interface LanCertificate {
  readonly files: GivenFiles;
  /** What clients are told to trust; undefined where the certificate was given. */
  readonly authority: { readonly file: string; readonly fingerprint: string } | undefined;
  /** Hosts that the certificate speaks for and others can come by, the one to tell first. */
  readonly hosts: readonly [string, ...string[]];
  /** SHA-256, as browsers show it. */
  readonly fingerprint: string;
  readonly validTo: Date;
}

/** IPv4. */
export const ALL_ADDRESSES = '0.0.0.0';
/** Of the pool's token endpoint, in its service and through the API. */
export const TOKEN_PATH = '/oauth2/token';
const LOOK_EVERY_MS = 60_000;

/** Throws CannotStartError. */
export async function prepareCertificate(
  { given }: LanOptions,
  dataDir: string,
): Promise<LanCertificate> {
  const [names, now] = [machineNames(), Date.now()];
  if (given) {
    assertUsable(given, now);
    return described(given, undefined, names);
  }
  await ensureOwnCertificate(dataDir, names, now);
  const { serverFile, authorityFile } = ownCertificateFiles(dataDir);
  const files = { certificateFile: serverFile, keyFile: serverFile };
  return described(files, authorityFile, names);
}

function described(
  files: GivenFiles,
  authorityFile: string | undefined,
  names: MachineNames,
): LanCertificate {
  const certificate = certificateIn(files.certificateFile);
  return {
    files,
    authority:
      authorityFile === undefined
        ? undefined
        : { file: authorityFile, fingerprint: certificateIn(authorityFile).fingerprint256 },
    hosts: hostsOf(certificate, names),
    fingerprint: certificate.fingerprint256,
    validTo: certificate.validToDate,
  };
}

function certificateIn(file: string): X509Certificate {
  return new X509Certificate(readFileSync(file));
}

/** An address needs no name server; of a certificate that has none, its own names are left. */
export function hostsOf(
  certificate: X509Certificate,
  { dns, addresses }: MachineNames,
): readonly [string, ...string[]] {
  const names = [...addresses, ...dns].filter(isOfNetwork);
  const covered = names.filter(
    (name) => (isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name)) !== undefined,
  );
  const own = Array.from(
    (certificate.subjectAltName ?? '').matchAll(/DNS:([^\s,*"]+)/g),
    ([, name = '']) => name,
  );
  const [first = 'localhost', ...others] = new Set([...covered, ...own.filter(isOfNetwork)]);
  return [first, ...others];
}

/** Renews the stack's own certificate before it runs out and when addresses change; the API takes in what is new. */
export function keepCertificate(dataDir: string, log: StackLog, teardown: Teardown): void {
  const timer = setInterval(() => {
    ensureOwnCertificate(dataDir, machineNames(), Date.now()).catch((error: unknown) =>
      log.note('lan', `the certificate was not renewed: ${String(error)}`),
    );
  }, LOOK_EVERY_MS);
  teardown.add('callers', 'certificate', async () => clearInterval(timer));
}
