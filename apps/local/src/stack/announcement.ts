import { BUCKET, TABLE_NAMES, type Cloud } from './cloud.js';
import { ALL_SCOPES } from '@sensorflow/platform/resources/identity.js';
import type { StackOptions } from './options.js';

/** What local.json says: everything that a first caller, a script or a test needs to know. */
export function announce(cloud: Cloud, options: StackOptions) {
  const baseUrl = `http://localhost:${options.port}`;
  const { identity, endpoints } = cloud;
  return {
    baseUrl,
    docsUrl: `${baseUrl}/docs`,
    user: identity.user,
    machine: {
      tokenUrl: `${endpoints.cognitoIdp}/oauth2/token`,
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
