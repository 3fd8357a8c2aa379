import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { DATA_FORMAT, damagedInstallation } from './data-format.js';

/** What is made once per data folder and kept: secrets, and the ports that stand in issuers and URLs. */
export interface Installation {
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly demoPassword: string;
  readonly ports: Ports;
}

export interface Ports {
  readonly dynamodb: number;
  readonly s3: number;
  readonly sqs: number;
  readonly sns: number;
  readonly cognitoIdp: number;
}

const FILE = 'installation.json';
const LOOPBACK = '127.0.0.1';

/** Reads the installation of this folder, or makes it, and marks it with the format of this version. A port that was taken meanwhile is replaced. */
export async function openInstallation(dataDir: string): Promise<Installation> {
  const file = join(dataDir, FILE);
  const known = existsSync(file) ? parse(readFileSync(file, 'utf8'), dataDir) : undefined;
  const installation = {
    format: DATA_FORMAT,
    credentials: known?.credentials ?? newCredentials(),
    demoPassword: known?.demoPassword ?? newPassword(),
    ports: await usablePorts(known?.ports),
  };
  writeAtomically(file, `${JSON.stringify(installation, null, 2)}\n`);
  return installation;
}

/** Ours to write and read back; a file that is none of ours is an error for the person to see. */
function parse(text: string, dataDir: string): Installation {
  const value: unknown = JSON.parse(text);
  if (isInstallation(value)) return value;
  throw damagedInstallation(dataDir);
}

function isInstallation(value: unknown): value is Installation {
  return (
    typeof value === 'object' &&
    value !== null &&
    'credentials' in value &&
    'demoPassword' in value &&
    'ports' in value
  );
}

function newCredentials() {
  return {
    // Not of the form of a real key, so that nobody mistakes it for one.
    accessKeyId: `LOCAL${randomBytes(8).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString('base64url'),
  };
}

/** Upper and lower case, digit and symbol, as the pool's policy asks. */
export function newPassword(): string {
  return `Sf1-${randomBytes(12).toString('base64url')}`;
}

async function usablePorts(known: Ports | undefined): Promise<Ports> {
  return {
    dynamodb: await usablePort(known?.dynamodb),
    s3: await usablePort(known?.s3),
    sqs: await usablePort(known?.sqs),
    sns: await usablePort(known?.sns),
    cognitoIdp: await usablePort(known?.cognitoIdp),
  };
}

async function usablePort(known: number | undefined): Promise<number> {
  if (known !== undefined && (await isPortFree(known))) return known;
  return freePort();
}

export async function isPortFree(port: number, host = LOOPBACK): Promise<boolean> {
  return (await listenOnce(port, host)) !== undefined;
}

async function freePort(): Promise<number> {
  const port = await listenOnce(0);
  if (port === undefined) throw new Error('this machine has no free port');
  return port;
}

function listenOnce(port: number, host = LOOPBACK): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, host, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined));
    });
  });
}

/** A reader sees the old file or the new one, and nobody else sees either. */
export function writeAtomically(file: string, text: string): void {
  writeFileSync(`${file}.tmp`, text, { mode: 0o600 });
  renameSync(`${file}.tmp`, file);
}
