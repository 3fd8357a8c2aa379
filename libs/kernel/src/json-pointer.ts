/** Longer names are cut: an answer does not send a megabyte of nonsense back. */
const MAX_SHOWN_CHARACTERS = 200;

/** The RFC 6901 pointer to a member, whatever its name: `pointerTo('/values', 'a/b')` is `/values/a~1b`. */
export function pointerTo(parent: string, member: string): string {
  const shown =
    member.length > MAX_SHOWN_CHARACTERS ? `${member.slice(0, MAX_SHOWN_CHARACTERS)}…` : member;
  return `${parent}/${shown.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
