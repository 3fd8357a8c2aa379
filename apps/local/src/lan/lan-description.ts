import { announceAt, type Announcement } from '../stack/announcement.js';
import type { Cloud } from '../stack/cloud.js';
import type { StackOptions } from '../stack/options.js';
import { TOKEN_PATH, type LanCertificate } from './lan-certificate.js';
import type { LanIdentity, TemporaryLogin } from './lan-identity.js';

/** What local.json says on a plant's network: addresses that others reach, and no person's password. */
export interface LanAnnouncement extends Omit<Announcement, 'user'> {
  /** For devices without TLS. */
  readonly plainUrl: string;
  /** PEM, to verify `baseUrl` with; null where the certificate was given. */
  readonly authorityFile: string | null;
}

/** A stack on a plant's network, as its people need to know it. */
export interface LanDescription {
  readonly announcement: LanAnnouncement;
  readonly certificate: LanCertificate;
  /** Other https addresses. */
  readonly otherUrls: readonly string[];
  readonly firstAdministrator: TemporaryLogin | undefined;
}

export function describeLan(
  cloud: Cloud,
  { firstAdministrator }: LanIdentity,
  { port, lan }: StackOptions,
  certificate: LanCertificate,
): LanDescription {
  const [host, ...others] = certificate.hosts;
  const urlOf = (name: string): string => `https://${name}:${lan?.httpsPort}`;
  const baseUrl = urlOf(host);
  return {
    announcement: {
      ...announceAt(baseUrl, `${baseUrl}${TOKEN_PATH}`, cloud),
      plainUrl: `http://${host}:${port}`,
      authorityFile: certificate.authority?.file ?? null,
    },
    certificate,
    otherUrls: others.map(urlOf),
    firstAdministrator,
  };
}

/** The lines below the first one that the stack prints when it is ready. */
export function lanGreeting(
  { announcement, certificate, otherUrls, firstAdministrator }: LanDescription,
  folder: string,
): readonly string[] {
  const { baseUrl, docsUrl, plainUrl } = announcement;
  const { authority, fingerprint, validTo } = certificate;
  return [
    `  console        ${baseUrl}/console/`,
    `  API documents  ${docsUrl}`,
    ...(otherUrls.length > 0 ? [`  also at        ${otherUrls.join(' ')}`] : []),
    `  without TLS    ${plainUrl} accepts only readings with an API key, and health checks`,
    ...(firstAdministrator ? [loginLine(firstAdministrator)] : []),
    `  machine        its client and secret are in ${folder}/local.json`,
    `  certificate    ${authority ? 'made here' : 'from your file'}, until ${dayOf(validTo)}; SHA-256 ${fingerprint}`,
    ...(authority
      ? [
          `  to trust it    install ${authority.file} on clients; its SHA-256 is ${authority.fingerprint}`,
        ]
      : []),
    `  logs           ${folder}/logs; Ctrl-C stops SensorFlow; more in docs/plant-network.md`,
    '  WARNING        one machine without failover: while it is off, devices have to keep their readings. Do not connect it to the Internet.',
    '  WARNING        others on the network can read what is sent without TLS: give such devices keys that can only write.',
  ];
}

function loginLine({ username, temporaryPassword }: TemporaryLogin): string {
  return `  first login    ${username} / ${temporaryPassword}; you have to change it in the console`;
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}
