import { DEFAULT_ACCESS_TOKEN_VALIDITY_SECONDS } from './app-client.js';
import { invalidParameter } from './cognito-error.js';
import type { RequestFields } from './request-fields.js';

const SECONDS_IN = new Map([
  ['seconds', 1],
  ['minutes', 60],
  ['hours', 3600],
  ['days', 86_400],
]);

/** AccessTokenValidity in its unit (hours unless TokenValidityUnits says otherwise): 5 minutes to a day. */
export function accessTokenValiditySeconds(fields: RequestFields): number {
  const validity = fields.optionalInteger('AccessTokenValidity');
  if (validity === undefined) return DEFAULT_ACCESS_TOKEN_VALIDITY_SECONDS;
  const unit = fields.optionalObject('TokenValidityUnits')?.optionalText('AccessToken') ?? 'hours';
  const seconds = validity * (SECONDS_IN.get(unit) ?? Number.NaN);
  if (seconds >= 300 && seconds <= 86_400) return seconds;
  throw invalidParameter('Invalid range for token validity.');
}
