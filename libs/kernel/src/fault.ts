/** One reason why a piece of input is refused: a stable kebab-case code and a sentence for people. */
export interface Fault {
  readonly code: string;
  readonly detail: string;
  /** What the sentence is about, by name: for clients with sentences of their own. */
  readonly parameters?: FaultParameters;
}

export type FaultParameters = Readonly<Record<string, string | number>>;

/** A fault and the place in the caller's document where it stands, as an RFC 6901 JSON pointer. */
export interface InputFault extends Fault {
  readonly pointer: string;
}

/** The outcome of parsing input: the fact it states, or why it states none. */
export type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: Fault };

export function accepted<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

export function refused(
  code: string,
  detail: string,
  parameters?: FaultParameters,
): { ok: false; fault: Fault } {
  return { ok: false, fault: { code, detail, ...(parameters && { parameters }) } };
}
