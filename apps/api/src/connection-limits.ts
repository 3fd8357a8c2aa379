import { isWebSocketHandshake } from '@sensorflow/platform/http/web-sockets.js';
import { HTTP_TIMING } from '@sensorflow/platform/resources/http-timing.js';

/** What every listener of the API allows a client before there is a request: options of Node's server. */
export const CONNECTION_LIMITS = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: HTTP_TIMING.headersMs,
  // Timeouts are only looked at this often; the default would make 10 s into 30.
  connectionsCheckingInterval: 2000,
  // What else asks for an upgrade is answered as if it did not.
  shouldUpgradeCallback: isWebSocketHandshake,
  // We refuse it ourselves, with a problem document.
  requireHostHeader: false,
};
