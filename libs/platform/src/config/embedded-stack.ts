let isPartOfIt = false;

/**
 * Says that this process is a part of the embedded stack on one machine. Its supervisor's own code alone calls
 * this, in the process that it starts: no variable, file or request can.
 */
export function declareEmbeddedStack(): void {
  isPartOfIt = true;
}

export function isEmbeddedStack(): boolean {
  return isPartOfIt;
}

/** What is relaxed there is so only while the process listens on this literal address of loopback. */
export function isEmbeddedStackOn(host: string): boolean {
  return isPartOfIt && (host === '127.0.0.1' || host === '::1');
}
