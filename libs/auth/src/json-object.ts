/**
 * Reads a JSON object as strictly as a security decision needs it: undefined when the text is no
 * object, names one member twice (readers differ on which one counts) or has a `__proto__`.
 */
export function parseUnambiguousObject(text: string): ReadonlyMap<string, unknown> | undefined {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    return undefined;
  const members = new Map<string, unknown>(Object.entries(document));
  if (members.has('__proto__')) return undefined;
  return countTopLevelMembers(text) === members.size ? members : undefined;
}

/** JSON.parse keeps the last of two equal names without a word, so the names are counted in the text. */
function countTopLevelMembers(validJson: string): number {
  let depth = 0;
  let colons = 0;
  // Strings first, so that what is inside them is not taken for structure.
  // super-linear, but not for valid JSON, where each quote has its end
  for (const [token] of validJson.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:]/g)) {
    if (token === '{' || token === '[') depth += 1;
    else if (token === '}' || token === ']') depth -= 1;
    else if (token === ':' && depth === 1) colons += 1;
  }
  return colons;
}
