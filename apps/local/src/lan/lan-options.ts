import { RefusedError } from '@sensorflow/platform/terminal/command.js';
import { resolve } from 'node:path';

/** What `--lan` brings with it. */
export interface LanOptions {
  readonly httpsPort: number;
  /** Of somebody else's making; without one, the stack makes its own. */
  readonly given: GivenFiles | undefined;
}

/** PEM files. */
export interface GivenFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
}

export interface LanArguments {
  readonly lan: boolean;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
}

/** Undefined without `--lan`. Throws RefusedError for what does not go together. */
export function readLanOptions(
  { lan, certificate, key }: LanArguments,
  ports: { readonly http: number; readonly https: number },
): LanOptions | undefined {
  if ((certificate === undefined) !== (key === undefined)) {
    throw new RefusedError('Give --certificate and --key together.');
  }
  if (!lan) {
    if (certificate === undefined) return undefined;
    throw new RefusedError('--certificate and --key work only with --lan.');
  }
  if (ports.http === ports.https) {
    throw new RefusedError(
      `PORT and HTTPS_PORT are both ${ports.http}. Set one of them to another port.`,
    );
  }
  const given =
    certificate === undefined || key === undefined
      ? undefined
      : { certificateFile: resolve(certificate), keyFile: resolve(key) };
  return { httpsPort: ports.https, given };
}
