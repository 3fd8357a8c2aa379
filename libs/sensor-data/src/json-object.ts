/** Whether this is an object in JSON's sense. Its names are input: read them with Object.keys or hasOwn. */
export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
