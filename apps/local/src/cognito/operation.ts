import type { RequestFields } from './request-fields.js';

/** One operation of the JSON API: fields in, fields out; throws CognitoError. */
export type Operation = (fields: RequestFields) => object | Promise<object>;
