const INSPECT_PORT = /^--inspect-port=(127\.0\.0\.1:\d+)$/;

/**
 * Node's arguments that open an inspector in the API. `npm run dev` starts the supervisor with `--inspect-port`, which
 * opens none in the supervisor itself. Whoever reaches an inspector runs code, so it listens on loopback alone.
 */
export function apiInspector(): readonly string[] {
  return process.execArgv.flatMap((argument) => {
    const [, address] = INSPECT_PORT.exec(argument) ?? [];
    return address === undefined ? [] : [`--inspect=${address}`];
  });
}

/** The same for a function, on a port of its own that its log names. */
export function functionInspector(): readonly string[] {
  return apiInspector().length === 0 ? [] : ['--inspect=127.0.0.1:0'];
}
