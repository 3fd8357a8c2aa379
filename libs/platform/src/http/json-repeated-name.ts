import { pointerTo } from '@sensorflow/kernel';
import { closingQuote } from './json-outline.js';

/** An object or array that is open at some place of the text. */
interface Open {
  /** Undefined for an array. */
  readonly names: Set<string> | undefined;
  /** The member or element that is being read. */
  name: string;
  index: number;
}

/**
 * The RFC 6901 pointer to the first name that stands twice in one object of a valid JSON text.
 * Reads the whole text once more: only for what is refused anyway.
 */
export function pointerToRepeatedName(validJson: string): string | undefined {
  const open: Open[] = [];
  for (let at = 0; at < validJson.length; at += 1) {
    const character = validJson[at];
    const innermost = open.at(-1);
    if (character === '{') open.push({ names: new Set(), name: '', index: 0 });
    else if (character === '[') open.push({ names: undefined, name: '', index: 0 });
    else if (character === '}' || character === ']') open.pop();
    else if (character === ',' && innermost) innermost.index += 1;
    else if (character === ':' && innermost?.names) {
      if (innermost.names.has(innermost.name)) return pointerOf(open);
      innermost.names.add(innermost.name);
    } else if (character === '"') {
      const end = closingQuote(validJson, at);
      if (innermost?.names) innermost.name = String(JSON.parse(validJson.slice(at, end + 1)));
      at = end;
    }
  }
  return undefined;
}

function pointerOf(open: readonly Open[]): string {
  return open.reduce(
    (parent, { names, name, index }) => pointerTo(parent, names ? name : String(index)),
    '',
  );
}
