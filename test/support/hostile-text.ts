/** Texts of a given length that make a careless parser begin anew at each character. */
export const HOSTILE_TEXTS: Readonly<Record<string, (length: number) => string>> = {
  letters: repeated('a'),
  digits: repeated('1'),
  zeros: repeated('0'),
  blanks: repeated(' '),
  tabs: repeated('\t'),
  commas: repeated(','),
  semicolons: repeated(';'),
  'equals signs': repeated('='),
  colons: repeated(':'),
  slashes: repeated('/'),
  'percent signs': repeated('%25'),
  quotes: repeated('"'),
  'escaped quotes': repeated('\\"'),
  backslashes: repeated('\\'),
  points: repeated('.'),
  'signs of numbers': repeated('-1e'),
  'tiny numbers': repeated('1e-100,'),
  'long fractions': (length) => `0.${'0'.repeat(length)}1`,
  'open parentheses': repeated('('),
  'open brackets': repeated('['),
  'nested brackets': (length) => '['.repeat(length / 2) + ']'.repeat(length / 2),
  'nested objects': repeated('{"a":'),
  'names and values': repeated('a=b; '),
  weights: repeated('a/b;q=0.1, '),
  dates: repeated('2023-02-15T06:30:00 '),
};

function repeated(text: string): (length: number) => string {
  return (length) => text.repeat(Math.ceil(length / text.length)).slice(0, length);
}
