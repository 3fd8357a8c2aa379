/**
 * What the user pool holds, once for the embedded Cognito and for the infrastructure. Which group may
 * do what is the API's to say (libs/auth).
 */
export const RESOURCE_SERVER = 'sensorflow';
export const SCOPE_NAMES = ['read', 'write', 'import', 'admin'] as const;
export const ALL_SCOPES: readonly string[] = SCOPE_NAMES.map(
  (name) => `${RESOURCE_SERVER}/${name}`,
);
export const GROUPS = ['viewers', 'operators', 'admins'] as const;

/** The confidential client through which the API logs people in. */
export const WEB_CLIENT_AUTH_FLOWS = [
  'ALLOW_USER_PASSWORD_AUTH',
  'ALLOW_REFRESH_TOKEN_AUTH',
] as const;
export const MACHINE_CLIENT_OAUTH_FLOW = 'client_credentials';
