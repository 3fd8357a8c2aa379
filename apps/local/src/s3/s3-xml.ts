/** XML as a tree of names and texts: all that S3's answers need. */
export type XmlElement = readonly [name: string, content: string | readonly XmlElement[]];

export const S3_NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

export function xmlDocument(root: XmlElement, namespace?: string): string {
  const attribute = namespace === undefined ? '' : ` xmlns="${namespace}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${render(root, attribute)}`;
}

function render([name, content]: XmlElement, attribute = ''): string {
  const inner =
    typeof content === 'string' ? escapeXml(content) : content.map((each) => render(each)).join('');
  return `<${name}${attribute}>${inner}</${name}>`;
}

function escapeXml(text: string): string {
  // Control characters are references too: a bare line break in a key would be read as a space.
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[&<>"'\u0000-\u001f]/g, (character) => `&#${character.charCodeAt(0)};`);
}
