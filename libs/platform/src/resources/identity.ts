/**
 * The user pool, defined once for the embedded Cognito and for the infrastructure. libs/auth decides which group may do
 * what.
 */
export const RESOURCE_SERVER = 'sensorflow';
export const SCOPE_NAMES = ['read', 'write', 'import', 'admin'] as const;
export const ALL_SCOPES: readonly string[] = SCOPE_NAMES.map(
  (name) => `${RESOURCE_SERVER}/${name}`,
);
export const GROUPS = ['viewers', 'operators', 'admins'] as const;

/** Case-insensitive: `Ada` signs in as `ada`. Cognito fixes it when it makes the pool. */
export const USERNAMES_ARE_CASE_SENSITIVE: boolean = false;

export interface PasswordPolicy {
  readonly minimumLength: number;
  readonly requireLowercase: boolean;
  readonly requireUppercase: boolean;
  readonly requireNumbers: boolean;
  readonly requireSymbols: boolean;
}

/** What every password of the pool has, also a temporary one. */
export const PASSWORD_POLICY: PasswordPolicy = {
  minimumLength: 12,
  requireLowercase: true,
  requireUppercase: true,
  requireNumbers: true,
  requireSymbols: true,
};

/** Lifetime of access tokens, unless a machine client is deployed with another one. */
export const TOKEN_MINUTES = 60;

/** The confidential client through which the API logs people in. */
export const WEB_CLIENT_AUTH_FLOWS = [
  'ALLOW_USER_PASSWORD_AUTH',
  'ALLOW_REFRESH_TOKEN_AUTH',
] as const;
export const MACHINE_CLIENT_OAUTH_FLOW = 'client_credentials';
