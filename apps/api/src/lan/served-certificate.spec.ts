import { createLogger } from '@sensorflow/platform/logging/logger.js';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../../test/support/api-client.js';
import { selfSignedCertificate } from '../../../../test/support/self-signed-certificate.js';
import { ServedCertificate, type CertificateFiles } from './served-certificate.js';

let folder: string;
let files: CertificateFiles;
let server: Server;
let lines: string[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sensorflow-served-'));
  files = { certificateFile: join(folder, 'a.pem'), keyFile: join(folder, 'a.key') };
  lines = [];
});

afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

function write({ cert, key }: { readonly cert: string; readonly key: string }): string {
  writeFileSync(files.certificateFile, cert);
  writeFileSync(files.keyFile, key);
  return new X509Certificate(cert).fingerprint256;
}

async function serve(): Promise<ServedCertificate> {
  const logger = createLogger('info', { write: (line: string) => void lines.push(line) });
  const certificate = new ServedCertificate(files, logger);
  server = createServer(certificate.current).listen(0, '127.0.0.1');
  certificate.renewOn(server, 20);
  await once(server, 'listening');
  return certificate;
}

/** Of the certificate that a new connection gets. */
async function fingerprint(): Promise<string> {
  const { port } = server.address() as AddressInfo;
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}

describe('a certificate that is replaced', () => {
  it('is served to the next connection', async () => {
    const first = write(selfSignedCertificate());
    await serve();
    const before = await fingerprint();

    const second = write(selfSignedCertificate());
    await eventually(fingerprint, (shown) => shown === second);

    expect(before).toBe(first);
  });

  it('is left until its key is there too', async () => {
    const first = write(selfSignedCertificate());
    await serve();

    const { cert, key } = selfSignedCertificate();
    writeFileSync(files.certificateFile, cert);
    await eventually(
      async () => lines.join(''),
      (text) => text.includes('cannot be used'),
    );
    const between = await fingerprint();
    writeFileSync(files.keyFile, key);
    const { fingerprint256 } = new X509Certificate(cert);
    await eventually(fingerprint, (shown) => shown === fingerprint256);

    expect(between).toBe(first);
  });
});

describe('a certificate', () => {
  it('speaks for its own names, and for nothing that looks like one', async () => {
    write(selfSignedCertificate());
    const certificate = await serve();

    expect(certificate.speaksFor('localhost')).toBe(true);
    for (const host of ['127.0.0.1', '[::1]', 'localhost.evil.example', 'host', '*', '']) {
      expect(certificate.speaksFor(host)).toBe(false);
    }
  });
});
