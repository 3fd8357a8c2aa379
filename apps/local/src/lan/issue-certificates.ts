// The library finds its parts by it.
import 'reflect-metadata';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { createPrivateKey, KeyObject, webcrypto } from 'node:crypto';
import type { MachineNames } from './machine-names.js';
import { nameConstraints, type PermittedNames } from './name-constraints.js';

/** PEM. */
export interface IssuedCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** Every client, from ESP32 to browser, takes ECDSA on this curve. */
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 24 * 60 * 60 * 1000;
const AUTHORITY_DAYS = 3650;
/** The most that Apple's clients take of an authority that a person trusts is 825. */
const SERVER_DAYS = 397;
/** Clocks on a plant's network differ. */
const EARLIER_MS = DAY_MS;
const NAME_CONSTRAINTS = '2.5.29.30';

/** An authority for one machine: what clients are told to trust, once. */
export async function issueAuthority(
  permitted: PermittedNames,
  nowEpochMs: number,
): Promise<IssuedCertificate> {
  const keys = await newKeys();
  const { keyCertSign, cRLSign } = KeyUsageFlags;
  const [machine = 'localhost'] = permitted.dns;
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=SensorFlow on ${machine}`,
    ...validity(nowEpochMs, AUTHORITY_DAYS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(keyCertSign | cRLSign, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      // Not critical, against the letter of RFC 5280: mbedTLS refuses critical ones, and all who know it obey it.
      new Extension(NAME_CONSTRAINTS, false, nameConstraints(permitted)),
    ],
  });
  return { certificate: pem(certificate), key: keyPem(keys.privateKey) };
}

/** A server's certificate for all names of this machine. */
export async function issueServerCertificate(
  authority: IssuedCertificate,
  { dns, addresses }: MachineNames,
  nowEpochMs: number,
): Promise<IssuedCertificate> {
  const issuer = new X509Certificate(authority.certificate);
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.create({
    subject: `CN=${dns[0] ?? 'localhost'}`,
    issuer: issuer.subjectName,
    ...validity(nowEpochMs, SERVER_DAYS),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: await signingKey(authority.key),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension([
        ...dns.map((value) => ({ type: 'dns', value }) as const),
        ...addresses.map((value) => ({ type: 'ip', value }) as const),
      ]),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return { certificate: pem(certificate), key: keyPem(keys.privateKey) };
}

function newKeys() {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

function signingKey(text: string) {
  const pkcs8 = createPrivateKey(text).export({ type: 'pkcs8', format: 'der' });
  return webcrypto.subtle.importKey('pkcs8', pkcs8, ALGORITHM, false, ['sign']);
}

function validity(nowEpochMs: number, days: number) {
  const notBefore = new Date(nowEpochMs - EARLIER_MS);
  return { notBefore, notAfter: new Date(nowEpochMs + days * DAY_MS) };
}

function pem(certificate: X509Certificate): string {
  return `${certificate.toString('pem')}\n`;
}

function keyPem(key: webcrypto.CryptoKey): string {
  return String(KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' }));
}
