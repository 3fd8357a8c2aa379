import type { ServedCertificate } from './served-certificate.js';

/**
 * The https address that an answer names. It is the one that the caller used, where the certificate speaks for it: a
 * machine has several, and not everybody reaches each. A Host header that names another machine is never repeated.
 */
export class ReachableOrigin {
  constructor(
    private readonly certificate: Pick<ServedCertificate, 'speaksFor'>,
    /** For callers whose Host header says nothing of use. */
    private readonly usualHost: string,
    private readonly httpsPort: number,
  ) {}

  /** For a caller by HTTPS, whose port may be that of a forwarding router. */
  sameAs(hostHeader: string | undefined): string {
    const url = this.known(hostHeader);
    return url ? url.origin : this.usual();
  }

  /** For a caller by plain HTTP: the same host by HTTPS. */
  besides(hostHeader: string | undefined): string {
    const url = this.known(hostHeader);
    return url ? this.at(url.hostname) : this.usual();
  }

  private usual(): string {
    return this.at(this.usualHost);
  }

  private at(host: string): string {
    return new URL(`https://${host}:${this.httpsPort}`).origin;
  }

  private known(hostHeader = ''): URL | undefined {
    const text = `https://${hostHeader}`;
    const url = URL.canParse(text) ? new URL(text) : undefined;
    return url && this.certificate.speaksFor(url.hostname) ? url : undefined;
  }
}
