import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { issueServerCertificate } from './issue-certificates.js';
import { ensureOwnCertificate, ownCertificateFiles } from './own-certificate.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const NOW = Date.now();
const NAMES = {
  dns: ['plant-pc', 'plant-pc.local', 'localhost'],
  addresses: ['192.168.4.20', '127.0.0.1'],
};

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sensorflow-tls-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** After it has been looked at, at that time. */
async function certificates(names = NAMES, now = NOW) {
  await ensureOwnCertificate(folder, names, now);
  const { authorityFile, serverFile } = ownCertificateFiles(folder);
  return {
    authority: readFileSync(authorityFile, 'utf8'),
    server: readFileSync(serverFile, 'utf8'),
  };
}

/** What a client that trusts the authority says of the server: why it does not trust it, or that it does. */
async function verdictOf(server: string, authority: string, servername: string): Promise<string> {
  const listener = createServer({ cert: server, key: server }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const socket: TLSSocket = connect({ port, host: '127.0.0.1', servername, ca: authority });
  try {
    await once(socket, 'secureConnect');
    return 'trusted';
  } catch (error) {
    return error instanceof Error ? error.message : 'no error';
  } finally {
    socket.destroy();
    listener.close();
  }
}

describe('the certificate that the stack makes', () => {
  it('is trusted by who trusts its authority, under every name of the machine and no other', async () => {
    const { authority, server } = await certificates();

    expect(await verdictOf(server, authority, 'plant-pc.local')).toBe('trusted');
    expect(await verdictOf(server, authority, 'other-pc')).toContain('is not in the cert');
    expect(new X509Certificate(server).checkIP('192.168.4.20')).toBe('192.168.4.20');
    expect(new X509Certificate(server).checkIP('192.168.4.21')).toBeUndefined();
  });

  it('is kept to its owner', async () => {
    await certificates();

    const modes = readdirSync(join(folder, 'tls')).map((name) =>
      (statSync(join(folder, 'tls', name)).mode & 0o777).toString(8),
    );
    expect(modes).toEqual(['600', '600', '600']);
    expect(statSync(join(folder, 'tls')).mode & 0o777).toBe(0o700);
  });

  it('stays the same as long as it is good', async () => {
    const first = await certificates();

    expect(await certificates(NAMES, NOW + 300 * DAY_MS)).toEqual(first);
  });

  it.each([
    ['it is about to run out', NAMES, NOW + 368 * DAY_MS],
    ['an address is new', { ...NAMES, addresses: ['10.1.2.3', '127.0.0.1'] }, NOW],
  ])('is renewed when %s, and clients need not be told', async (_when, names, now) => {
    const first = await certificates();

    const second = await certificates(names, now);

    expect(second.server).not.toBe(first.server);
    expect(second.authority).toBe(first.authority);
    expect(new X509Certificate(second.server).verify(publicKeyOf(first.authority))).toBe(true);
  });

  it('stays when an address is gone, which may come back', async () => {
    const first = await certificates();

    expect(await certificates({ ...NAMES, addresses: ['127.0.0.1'] })).toEqual(first);
  });

  it.each([
    ['the machine has another name', { ...NAMES, dns: ['other-pc', 'localhost'] }, NOW],
    ['a public address is new', { ...NAMES, addresses: ['203.0.113.9'] }, NOW],
    ['the authority is about to run out', NAMES, NOW + 3300 * DAY_MS],
  ])('has another authority when %s', async (_when, names, now) => {
    const first = await certificates();

    const second = await certificates(names, now);

    expect(second.authority).not.toBe(first.authority);
    expect(new X509Certificate(second.server).verify(publicKeyOf(second.authority))).toBe(true);
  });

  it('is made anew when its file is damaged', async () => {
    const first = await certificates();
    writeFileSync(ownCertificateFiles(folder).serverFile, 'no PEM');

    const second = await certificates();

    expect(second.authority).toBe(first.authority);
    expect(await verdictOf(second.server, first.authority, 'plant-pc')).toBe('trusted');
  });

  it('is not made when its authority is damaged: somebody has to decide', async () => {
    await certificates();
    writeFileSync(ownCertificateFiles(folder).keptFile, '{}');

    await expect(certificates()).rejects.toThrow('and every client has to trust it');
  });

  it('shows clients the authority again when that file is gone', async () => {
    const { authority } = await certificates();
    const { authorityFile } = ownCertificateFiles(folder);
    rmSync(authorityFile);

    await certificates();

    expect(existsSync(authorityFile)).toBe(true);
    expect(readFileSync(authorityFile, 'utf8')).toBe(authority);
  });
});

describe('an authority that was stolen', () => {
  it.each([
    ['another host', { dns: ['bank.example'], addresses: [] }],
    ['a public address', { dns: ['localhost'], addresses: ['203.0.113.9'] }],
  ])('is of no use for %s', async (_what, names) => {
    const { authority } = await certificates();
    const stolen = JSON.parse(readFileSync(ownCertificateFiles(folder).keptFile, 'utf8'));

    const forged = await issueServerCertificate(stolen, names, NOW);

    const chain = `${forged.key}${forged.certificate}`;
    expect(await verdictOf(chain, authority, 'localhost')).toBe('permitted subtree violation');
  });
});

function publicKeyOf(pem: string) {
  return new X509Certificate(pem).publicKey;
}
