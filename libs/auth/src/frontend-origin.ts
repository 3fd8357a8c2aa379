/** The configured page that may call us from another origin of the same site; undefined for none. */
export class FrontendOrigin {
  constructor(readonly origin: string | undefined) {}
}
