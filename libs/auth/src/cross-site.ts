/** What a request says about the page that sent it. Browsers write these; pages cannot. */
export interface RequestOrigin {
  readonly method: string;
  readonly secFetchSite: string | undefined;
  readonly origin: string | undefined;
}

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Whether a foreign page made the browser send this: an unsafe request is ours when it says
 * `Sec-Fetch-Site: same-origin`, or an Origin out of `ownOrigins`, or neither, because every current
 * browser sends at least one of them with an unsafe request.
 */
export function isCrossSiteRequest(
  request: RequestOrigin,
  ownOrigins: ReadonlySet<string>,
): boolean {
  if (SAFE_METHODS.has(request.method)) return false;
  if (request.secFetchSite === undefined && request.origin === undefined) return false;
  if (request.secFetchSite === 'same-origin') return false;
  return request.origin === undefined || !ownOrigins.has(request.origin);
}
