import type { SessionCookie } from './session-cookie.js';

/** How browsers call us: from which other page, if from any, and with which cookie. */
export class BrowserAccess {
  constructor(
    /** The configured page that may call us from another origin of the same site; undefined for none. */
    readonly frontendOrigin: string | undefined,
    readonly cookie: SessionCookie,
  ) {}
}
