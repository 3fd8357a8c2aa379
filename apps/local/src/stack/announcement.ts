import { BUCKET, TABLE_NAMES, type Cloud } from './cloud.js';
import { ALL_SCOPES } from '@sensorflow/platform/resources/identity.js';
import type { Identity } from './identity.js';
import type { StackOptions } from './options.js';

/** What local.json says: everything that a first caller, a script or a test needs to know. */
export function announce(cloud: Cloud, { user }: Pick<Identity, 'user'>, { port }: StackOptions) {
  const baseUrl = `http://localhost:${port}`;
  return { ...announceAt(baseUrl, `${cloud.endpoints.cognitoIdp}/oauth2/token`, cloud), user };
}

/** What is the same on loopback and on a network. */
export function announceAt(baseUrl: string, tokenUrl: string, cloud: Cloud) {
  const { identity, endpoints } = cloud;
  return {
    baseUrl,
    docsUrl: `${baseUrl}/docs`,
    machine: {
      tokenUrl,
      clientId: identity.machineClient.id,
      clientSecret: identity.machineClient.secret,
      scope: ALL_SCOPES.join(' '),
    },
    endpoints,
    tables: TABLE_NAMES,
    bucket: BUCKET,
    liveTopicArn: cloud.topicArn,
    issuer: identity.issuer,
    jwksUri: identity.jwksUri,
  };
}

export type Announcement = ReturnType<typeof announce>;
