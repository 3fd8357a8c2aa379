import { ApiKeyDirectory } from './api-keys/api-key-directory.js';
import { EndedSessions } from './ended-sessions.js';
import { SigningKeys } from './signing-keys.js';

/** Whether identities can be checked at all; a process that cannot should get no traffic. */
export class AuthReadiness {
  constructor(
    private readonly signingKeys: SigningKeys,
    private readonly endedSessions: EndedSessions,
    private readonly apiKeys: ApiKeyDirectory,
  ) {}

  isReady(): boolean {
    return this.signingKeys.isReady() && this.endedSessions.isFresh() && this.apiKeys.isFresh();
  }
}
