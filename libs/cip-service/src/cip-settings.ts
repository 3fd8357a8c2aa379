/** What the earlier service's answers say of the place and the service. */
export class CipSettings {
  constructor(
    /** An IANA name: `date_recorded` and `time_recorded` are in it. */
    readonly timeZone: string,
    readonly service: { readonly name: string; readonly version: string },
  ) {}
}
