/** The ways in which a client may sign users in, as Cognito's ExplicitAuthFlows names them. */
export const AUTH_FLOWS = [
  'ALLOW_USER_PASSWORD_AUTH',
  'ALLOW_ADMIN_USER_PASSWORD_AUTH',
  'ALLOW_REFRESH_TOKEN_AUTH',
  'ALLOW_USER_SRP_AUTH',
  'ALLOW_CUSTOM_AUTH',
] as const;
export type AuthFlow = (typeof AUTH_FLOWS)[number];

export const OAUTH_FLOWS = ['client_credentials', 'code', 'implicit'] as const;
export type OAuthFlow = (typeof OAUTH_FLOWS)[number];

/** What may be changed on a client; its id and secret stay for ever. */
export interface AppClientSettings {
  readonly authFlows: readonly AuthFlow[];
  readonly oauthFlows: readonly OAuthFlow[];
  /** With the resource server's identifier: `sensorflow/read`. */
  readonly allowedScopes: readonly string[];
  readonly accessTokenValiditySeconds: number;
}

/** An app client of a user pool. */
export interface AppClient extends AppClientSettings {
  readonly id: string;
  readonly poolId: string;
  readonly name: string;
  /** Undefined for a public client. */
  readonly secret: string | undefined;
  readonly createdAtEpochMs: number;
}

export const DEFAULT_ACCESS_TOKEN_VALIDITY_SECONDS = 3600;

export function isAuthFlow(text: string): text is AuthFlow {
  return AUTH_FLOWS.some((flow) => flow === text);
}

export function isOAuthFlow(text: string): text is OAuthFlow {
  return OAUTH_FLOWS.some((flow) => flow === text);
}
