import { readVerifyEnvironment } from '@sensorflow/platform/config/environment.js';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';

/** Which API is verified, and where tokens for it come from. */
export interface Target {
  readonly baseUrl: string;
  readonly token: () => Promise<string>;
}

/** A reason not to begin, worded for the person at the terminal. */
export class CannotVerifyError extends Error {
  override readonly name = 'CannotVerifyError';
}

type Environment = ReturnType<typeof readVerifyEnvironment>;
type Machine = Readonly<Record<'tokenUrl' | 'clientId' | 'clientSecret' | 'scope', string>>;

/** The API and the token of the environment, or else the stack that runs on this machine. */
export function targetOf(environment: Environment): Target {
  const { SENSORFLOW_URL: url, SENSORFLOW_TOKEN: token } = environment;
  if (url !== undefined && token !== undefined) {
    return { baseUrl: url.replace(/\/$/, ''), token: async () => Promise.resolve(token) };
  }
  if (url !== undefined || token !== undefined) {
    throw new CannotVerifyError('Set SENSORFLOW_URL and SENSORFLOW_TOKEN together.');
  }
  return localStack(join(environment.SENSORFLOW_DATA_DIR, 'local.json'));
}

interface RunningStack {
  readonly baseUrl: string;
  readonly machine: Machine;
  /** On a plant's network, where the stack has made its own. */
  readonly authorityFile?: string | null;
}

function trustAlso(authority: string): void {
  setDefaultCACertificates([...getCACertificates(), authority]);
}

function localStack(file: string): Target {
  try {
    const { baseUrl, machine, authorityFile }: RunningStack = JSON.parse(
      readFileSync(file, 'utf8'),
    );
    if (authorityFile) trustAlso(readFileSync(authorityFile, 'utf8'));
    return { baseUrl, token: async () => machineToken(machine) };
  } catch (cause) {
    const words = `${file} names no API. Start npm run local, or set SENSORFLOW_URL and SENSORFLOW_TOKEN for another API.`;
    throw new CannotVerifyError(words, { cause });
  }
}

async function machineToken({ tokenUrl, clientId, clientSecret, scope }: Machine): Promise<string> {
  const basic = Buffer.from(`${clientId}:${clientSecret}`).toString('base64');
  const response = await ask(tokenUrl, {
    method: 'POST',
    headers: { authorization: `Basic ${basic}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope }),
  });
  const answer: { readonly access_token?: string } = JSON.parse(await response.text());
  if (answer.access_token === undefined)
    throw new CannotVerifyError('The token endpoint returned no token.');
  return answer.access_token;
}

/** Throws CannotVerifyError when there is no answer. */
export async function ask(url: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(url, request);
  } catch (cause) {
    throw new CannotVerifyError(`${new URL(url).origin} does not answer.`, { cause });
  }
}
