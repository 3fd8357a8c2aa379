/** The public keys that tokens are checked with. Ready once it has had any; no token counts before. */
export abstract class SigningKeys {
  abstract isReady(): boolean;
}
