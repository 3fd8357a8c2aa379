/**
 * Timeouts of the API's server, defined once for the server, the load balancer and the container service. A connection
 * must live longer than the balancer keeps it, and a container's stop must wait for the drain.
 */
export const HTTP_TIMING = {
  /** Longer than the load balancer keeps an idle connection, or it meets closed ones. */
  keepAliveMs: 75_000,
  /** For a whole request. */
  requestMs: 30_000,
  headersMs: 10_000,
  /** This long after SIGTERM the process ends, even if something still hangs. */
  exitMs: 15_000,
} as const;
