import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { uploadCommand } from './upload-command.js';

const URL = 'https://bucket.example/uploads/1.csv?X-Amz-Signature=a&x=b%20c';

/** What a shell makes of the command. */
function wordsOf(command: string): readonly string[] {
  const printed = execFileSync('sh', ['-c', `curl() { printf '%s\\n' "$@"; }; ${command}`]);
  return printed.toString().trimEnd().split('\n');
}

describe('the command that uploads a file', () => {
  it.each(['readings.csv', 'it\'s $HOME `id` \\ "x" [1-2] {a,b} ü.csv.gz', '-T.csv', '*.csv'])(
    'is taken by a shell as it is meant: %s',
    (fileName) => {
      const headers = { 'content-type': 'text/csv', 'content-length': '7', 'if-none-match': '*' };

      const words = wordsOf(uploadCommand(fileName, { url: URL, headers }));

      const type = ['-H', 'content-type: text/csv', '-H', 'if-none-match: *'];
      expect(words).toEqual(['-sS', '--fail-with-body', '-g', '-T', fileName, ...type, URL]);
    },
  );
});
