import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { Server } from 'node:https';
import { isIP } from 'node:net';
import type { Logger } from 'pino';

/** Renewals are rare, and the earlier certificate goes on being good for weeks. */
const LOOK_EVERY_MS = 10_000;

export interface CertificateFiles {
  /** PEM; the server's own certificate comes first. */
  readonly certificateFile: string;
  /** PEM; may be the same file. */
  readonly keyFile: string;
}

interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** The certificate that HTTPS is served with; files that are replaced are taken in while it runs. */
export class ServedCertificate {
  private stamp: string;
  private pair: Pair;
  private own: X509Certificate;

  /** Throws what the system says of a file that cannot be read. */
  constructor(
    private readonly files: CertificateFiles,
    private readonly logger: Logger,
  ) {
    this.stamp = stampOf(files);
    this.pair = read(files);
    this.own = new X509Certificate(this.pair.cert);
  }

  get current(): Pair {
    return this.pair;
  }

  /** Whether a client that asks for this host would take the certificate for its own. */
  speaksFor(host: string): boolean {
    const address = host.replace(/^\[(.*)\]$/, '$1');
    const name = isIP(address) ? this.own.checkIP(address) : this.own.checkHost(host);
    return name !== undefined;
  }

  /** New connections get the new certificate; a pair that does not fit together is left until it does. */
  renewOn(server: Server, lookEveryMs = LOOK_EVERY_MS): void {
    const timer = setInterval(() => this.renew(server), lookEveryMs);
    timer.unref();
    server.once('close', () => clearInterval(timer));
  }

  private renew(server: Server): void {
    try {
      const stamp = stampOf(this.files);
      if (stamp === this.stamp) return;
      const pair = read(this.files);
      server.setSecureContext(pair);
      this.own = new X509Certificate(pair.cert);
      this.pair = pair;
      this.stamp = stamp;
      this.logger.info({ validTo: this.own.validTo }, 'new certificate');
    } catch (error) {
      this.logger.warn({ err: error }, 'the new certificate cannot be used');
    }
  }
}

function read({ certificateFile, keyFile }: CertificateFiles): Pair {
  return { cert: readFileSync(certificateFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
}

function stampOf({ certificateFile, keyFile }: CertificateFiles): string {
  return [certificateFile, keyFile]
    .map((file) => statSync(file))
    .map(({ mtimeMs, size, ino }) => `${mtimeMs} ${size} ${ino}`)
    .join(' ');
}
