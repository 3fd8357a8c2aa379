import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { issueAuthority, issueServerCertificate } from './issue-certificates.js';
import { hostsOf, prepareCertificate } from './lan-certificate.js';

const MACHINE = {
  dns: ['plant-pc', 'plant-pc.local', 'localhost'],
  addresses: ['192.168.4.20', '127.0.0.1'],
};

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sensorflow-lan-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

async function certificateFor(dns: readonly string[], addresses: readonly string[] = []) {
  const authority = await issueAuthority({ dns, addresses }, Date.now());
  const issued = await issueServerCertificate(authority, { dns, addresses }, Date.now());
  return new X509Certificate(issued.certificate);
}

describe('the hosts of a machine on a network', () => {
  it('are its addresses and its names, as far as the certificate speaks for them', async () => {
    const certificate = await certificateFor(MACHINE.dns, MACHINE.addresses);

    expect(hostsOf(certificate, MACHINE)).toEqual(['192.168.4.20', 'plant-pc', 'plant-pc.local']);
  });

  it('are the names in a certificate that was given for others', async () => {
    const certificate = await certificateFor(['*.plant.example', 'sensors.plant.example']);

    expect(hostsOf(certificate, MACHINE)).toEqual(['sensors.plant.example']);
  });

  it('are this machine alone where there is no other', async () => {
    const certificate = await certificateFor(['localhost']);

    expect(hostsOf(certificate, { dns: ['localhost'], addresses: ['127.0.0.1'] })).toEqual([
      'localhost',
    ]);
  });
});

describe('the certificate of a first start', () => {
  it('is made, with an authority to trust', async () => {
    const { files, authority, fingerprint } = await prepareCertificate(
      { httpsPort: 3443, given: undefined },
      folder,
    );

    expect(files.certificateFile).toBe(join(folder, 'tls', 'server.pem'));
    expect(authority?.file).toBe(join(folder, 'tls', 'authority.pem'));
    expect(authority?.fingerprint).toMatch(/^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    expect(fingerprint).not.toBe(authority?.fingerprint);
  });
});
