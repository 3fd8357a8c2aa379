/**
 * How long the API's server holds on, once for the server and for the load balancer and the container
 * service around it. A connection must outlive the balancer's interest in it, and a drain the container's stop.
 */
export const HTTP_TIMING = {
  /** Longer than the load balancer keeps an idle connection, or it meets closed ones. */
  keepAliveMs: 75_000,
  /** For all of a request. */
  requestMs: 30_000,
  headersMs: 10_000,
  /** Past this after SIGTERM the process ends, whatever still hangs. */
  exitMs: 15_000,
} as const;
