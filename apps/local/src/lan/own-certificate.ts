import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeAtomically } from '../stack/installation.js';
import { CannotStartError } from '../stack/options.js';
import type { MachineNames } from './machine-names.js';
import { permits, permittedFor, type PermittedNames } from './name-constraints.js';

/** Under `<dataDir>/tls`, each its owner's alone. */
export interface OwnCertificateFiles {
  /** The authority with its key, in JSON. */
  readonly keptFile: string;
  /** The authority's certificate: what clients are told to trust. */
  readonly authorityFile: string;
  /** The server's certificate with its key, and the authority's certificate behind it. */
  readonly serverFile: string;
}

interface Authority {
  readonly certificate: string;
  readonly key: string;
  readonly permitted: PermittedNames;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const SERVER_RENEWAL_MS = 30 * DAY_MS;
/** It outlives every certificate that it is asked for. */
const AUTHORITY_RENEWAL_MS = 430 * DAY_MS;

export function ownCertificateFiles(dataDir: string): OwnCertificateFiles {
  const folder = join(dataDir, 'tls');
  return {
    keptFile: join(folder, 'authority.json'),
    authorityFile: join(folder, 'authority.pem'),
    serverFile: join(folder, 'server.pem'),
  };
}

/**
 * Makes what is missing, about to run out, or does not speak for every name of the machine. The authority stays as long
 * as it can: each new one has to be trusted anew. Throws CannotStartError when its file is damaged.
 */
export async function ensureOwnCertificate(
  dataDir: string,
  names: MachineNames,
  nowEpochMs: number,
): Promise<void> {
  const files = ownCertificateFiles(dataDir);
  mkdirSync(dirname(files.keptFile), { recursive: true, mode: 0o700 });
  const authority = await ensureAuthority(files, names, nowEpochMs);
  if (isGood(files.serverFile, authority, names, nowEpochMs)) return;
  const { issueServerCertificate } = await import('./issue-certificates.js');
  const { certificate, key } = await issueServerCertificate(authority, names, nowEpochMs);
  writeAtomically(files.serverFile, `${key}${certificate}${authority.certificate}`);
}

async function ensureAuthority(
  { keptFile, authorityFile }: OwnCertificateFiles,
  names: MachineNames,
  nowEpochMs: number,
): Promise<Authority> {
  const known = existsSync(keptFile) ? readAuthority(keptFile) : undefined;
  const isLasting =
    known !== undefined && remainingMs(known.certificate, nowEpochMs) > AUTHORITY_RENEWAL_MS;
  if (isLasting && permits(known.permitted, names)) {
    if (!existsSync(authorityFile)) writeAtomically(authorityFile, known.certificate);
    return known;
  }
  const { issueAuthority } = await import('./issue-certificates.js');
  const permitted = permittedFor(names);
  const authority = { ...(await issueAuthority(permitted, nowEpochMs)), permitted };
  writeAtomically(keptFile, `${JSON.stringify(authority, null, 2)}\n`);
  writeAtomically(authorityFile, authority.certificate);
  return authority;
}

function readAuthority(file: string): Authority {
  try {
    const authority: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (isAuthority(authority)) return authority;
    throw new TypeError('members are missing');
  } catch (cause) {
    throw new CannotStartError(
      `${file} is damaged. Restore a backup (npm run restore), or delete the file. Then a new certificate is made, and every client has to trust it.`,
      { cause },
    );
  }
}

function isAuthority(value: unknown): value is Authority {
  if (typeof value !== 'object' || value === null) return false;
  const { certificate, key, permitted }: Partial<Record<keyof Authority, unknown>> = value;
  return (
    typeof certificate === 'string' &&
    typeof key === 'string' &&
    typeof permitted === 'object' &&
    permitted !== null &&
    'dns' in permitted &&
    Array.isArray(permitted.dns) &&
    'addresses' in permitted &&
    Array.isArray(permitted.addresses)
  );
}

/** A damaged one is replaced: nobody trusts it by itself. */
function isGood(
  file: string,
  authority: Authority,
  names: MachineNames,
  nowEpochMs: number,
): boolean {
  try {
    const pem = readFileSync(file, 'utf8');
    const certificate = new X509Certificate(pem);
    return (
      certificate.verify(new X509Certificate(authority.certificate).publicKey) &&
      remainingMs(pem, nowEpochMs) > SERVER_RENEWAL_MS &&
      names.dns.every((name) => certificate.checkHost(name) !== undefined) &&
      names.addresses.every((address) => certificate.checkIP(address) !== undefined)
    );
  } catch {
    return false;
  }
}

function remainingMs(pem: string, nowEpochMs: number): number {
  return new X509Certificate(pem).validToDate.getTime() - nowEpochMs;
}
