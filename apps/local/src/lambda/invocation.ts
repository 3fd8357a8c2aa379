/** How one invocation of a function ended, in the words of Lambda's error types. */
export type InvocationOutcome =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly errorType: string; readonly errorMessage: string };

/** A function as its event source sees it. Never rejects: a failure of whatever kind is an outcome. */
export interface FunctionInvoker {
  readonly functionName: string;
  invoke(event: unknown, timeoutSeconds: number): Promise<InvocationOutcome>;
}
