import { DomainError } from '@sensorflow/kernel';

const LIFETIME_SECONDS = 3600;
/** What browsers keep for sure, counting name, value and attributes (RFC 6265 §6.1). */
const MAX_COOKIE_BYTES = 4096;

/** The cookie that carries the access token of whoever logged in: its name, and what browsers must do with it. */
export class SessionCookie {
  private constructor(
    readonly name: string,
    private readonly attributes: string,
    /** Whether browsers and HTTP libraries keep and send it by https alone. */
    readonly isSecure: boolean,
  ) {}

  /** The `__Host-` prefix makes browsers insist on Secure, Path=/ and no Domain. */
  static secure(): SessionCookie {
    return new SessionCookie('__Host-sensorflow', 'HttpOnly; Secure; SameSite=Strict', true);
  }

  /**
   * For plain http on one machine, and for nothing else: Safari and most HTTP libraries keep no Secure cookie
   * from http://localhost.
   */
  static forLoopback(): SessionCookie {
    return new SessionCookie('sensorflow', 'HttpOnly; SameSite=Strict', false);
  }

  /**
   * The Set-Cookie line that carries an access token for an hour.
   *
   * Throws DomainError `forbidden` (`token-too-large`): a browser would drop it without a word.
   */
  carrying(accessToken: string): string {
    const line = `${this.name}=${accessToken}; Path=/; Max-Age=${LIFETIME_SECONDS}; ${this.attributes}`;
    if (Buffer.byteLength(line) > MAX_COOKIE_BYTES) {
      throw new DomainError(
        'forbidden',
        'token-too-large',
        'The account belongs to too many groups for its token to fit into a cookie.',
      );
    }
    return line;
  }

  /** The same cookie, gone: only identical attributes replace it. */
  cleared(): string {
    return `${this.name}=; Path=/; Max-Age=0; ${this.attributes}`;
  }
}
