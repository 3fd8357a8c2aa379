/**
 * Texts without blanks as one line: `23.5 23.6*3 _` is 23.5, three times 23.6, and `_`. Regular instants
 * and steady values shrink to next to nothing, and the line stays legible in DynamoDB's console.
 */
export class RunText {
  private closed = '';
  private last = '';
  private repeats = 0;

  add(text: string, times = 1): void {
    if (times === 0) return;
    if (text === this.last) {
      this.repeats += times;
      return;
    }
    this.closed = this.toString();
    this.last = text;
    this.repeats = times;
  }

  get length(): number {
    const suffix = this.repeats > 1 ? 1 + String(this.repeats).length : 0;
    const blank = this.closed === '' ? 0 : 1;
    return this.closed.length + blank + this.last.length + suffix;
  }

  toString(): string {
    if (this.repeats === 0) return this.closed;
    const run = this.repeats > 1 ? `${this.last}*${this.repeats}` : this.last;
    return this.closed === '' ? run : `${this.closed} ${run}`;
  }
}

const REPEATS = /^[1-9]\d{0,4}$/;

/** The texts of a line, up to `most`; undefined for more, and for text that `RunText` never made. */
export function readRuns(line: string, most: number): readonly string[] | undefined {
  const texts: string[] = [];
  for (const run of line.split(' ')) {
    const star = run.indexOf('*');
    const repeats = star < 0 ? '1' : run.slice(star + 1);
    if (run === '' || star === 0 || !REPEATS.test(repeats)) return undefined;
    if (texts.length + Number(repeats) > most) return undefined;
    const text = star < 0 ? run : run.slice(0, star);
    for (let times = Number(repeats); times > 0; times -= 1) texts.push(text);
  }
  return texts;
}

/** How many texts a line has, without unpacking it. */
export function countInRuns(line: string): number {
  let count = 0;
  for (const run of line.split(' ')) {
    const star = run.indexOf('*');
    count += star < 0 ? 1 : Number(run.slice(star + 1));
  }
  return count;
}
