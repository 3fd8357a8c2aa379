import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { selfSignedCertificate } from '../../../../test/support/self-signed-certificate.js';
import { assertUsable } from './given-certificate.js';

const DAY_MS = 24 * 60 * 60 * 1000;

let folder: string;
let given: { readonly certificateFile: string; readonly keyFile: string };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sensorflow-given-'));
  const { cert, key } = selfSignedCertificate();
  given = { certificateFile: fileWith('a.pem', cert), keyFile: fileWith('a.key', key) };
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function fileWith(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

describe('a certificate that is given', () => {
  it('is taken with its key', () => {
    expect(() => assertUsable(given, Date.now())).not.toThrow();
  });

  it('is refused with the key of another', () => {
    const keyFile = fileWith('b.key', selfSignedCertificate().key);

    expect(() => assertUsable({ ...given, keyFile }, Date.now())).toThrow('is not the key of');
  });

  it('is refused when it has run out', () => {
    expect(() => assertUsable(given, Date.now() + 2 * DAY_MS)).toThrow('expired on');
  });

  it('is refused when it is none, or when its key is none', () => {
    const file = fileWith('text.pem', 'text');

    expect(() => assertUsable({ ...given, certificateFile: file }, 0)).toThrow('no certificate');
    expect(() => assertUsable({ ...given, keyFile: file }, 0)).toThrow('no private key');
  });

  it('is named when it is not there', () => {
    const certificateFile = join(folder, 'nowhere.pem');

    expect(() => assertUsable({ ...given, certificateFile }, 0)).toThrow(certificateFile);
  });
});
