// Reads the documentation as a tired stranger does: sentences that are too long or too dense, words said twice, fillers, and
// words that docs/glossary.md replaces. Code, tables and quotations are not prose.
import { globSync, readFileSync } from 'node:fs';
import remarkGfm from 'remark-gfm';
import remarkParse from 'remark-parse';
import remarkRetext from 'remark-retext';
import retextEnglish from 'retext-english';
import retextIndefiniteArticle from 'retext-indefinite-article';
import retextIntensify from 'retext-intensify';
import retextReadability from 'retext-readability';
import retextRepeatedWords from 'retext-repeated-words';
import retextSimplify from 'retext-simplify';
import { unified } from 'unified';
import { VFile } from 'vfile';
import { reporter } from 'vfile-reporter';

/** Decisions that still have sentences to mend. */
const NOT_YET = /decisions\/00(?:04|07|1[23578]|19|2[02-7])-/;
/** Those named as arguments, or all that a newcomer reads, and the decisions. */
const PAGES =
  process.argv.length > 2
    ? process.argv.slice(2)
    : globSync(['*.md', 'docs/**/*.md']).filter((page) => !NOT_YET.test(page));
/** In words; code counts as one. */
const LONGEST_SENTENCE = 30;

/** What the lists of fillers and of long words name, and this field or plain grammar needs. */
const NEEDED = {
  fillers:
    'about again all already also always at_least back began begin begins can certain could down enough estimate even ever exactly far few find finds found guess guessed guesses ' +
    'knew know like little look looks many may most much must never only or over own people read real right said saw say says several should so some ' +
    'somebody something sometimes start started still strongly that then too understood up usual watch watched well whatever whoever will works would',
  longWords:
    'address aggregate all_of as_of attempt attempts combined delete demonstrate effect equipments expiration failed_to function ' +
    'identical identify implement initial interface it_is maintain minimum maximum modify multiple option parameters request requests ' +
    'there_are there_is type validate',
};
const wordsOf = (list) => list.split(' ').map((word) => word.replaceAll('_', ' '));

const language = unified()
  .use(retextEnglish)
  .use(retextRepeatedWords)
  .use(retextIndefiniteArticle)
  .use(retextSimplify, { ignore: wordsOf(NEEDED.longWords) })
  .use(retextIntensify, { ignore: wordsOf(NEEDED.fillers) })
  // For a reader of eighteen, by five of its seven formulas.
  .use(retextReadability, { age: 18, threshold: 5 / 7, minWords: 8 })
  .use(longSentences)
  .use(otherWords);
const markdown = unified()
  .use(remarkParse)
  .use(remarkGfm)
  .use(remarkRetext, language, { ignore: ['blockquote'] });

function longSentences() {
  return (tree, file) =>
    eachSentence(tree, (sentence) => {
      const words = sentence.children.filter(
        ({ type }) => type === 'WordNode' || type === 'SourceNode',
      );
      if (words.length > LONGEST_SENTENCE)
        warn(file, sentence, `${words.length} words in one sentence; at most ${LONGEST_SENTENCE}`);
    });
}

/** The words in the last column of the glossary, and the term in the first. */
function otherWords() {
  const rows = readFileSync('docs/glossary.md', 'utf8').matchAll(
    /^\| ([^|]+)\|[^|]+\| *([^|]*?) *\|$/gm,
  );
  const terms = Array.from(rows)
    .slice(2)
    .flatMap(([, term, others]) =>
      others ? others.split(', ').map((other) => [other, term.trim()]) : [],
    );
  return (tree, file) =>
    eachSentence(tree, (sentence) => {
      const { start, end } = sentence.position;
      const text = String(file.value)
        .slice(start.offset, end.offset)
        .replaceAll(/`[^`]*`|\]\([^)]*\)/g, '');
      for (const [other, term] of terms)
        if (new RegExp(`\\b${other}s?\\b`, 'i').test(text))
          warn(file, sentence, `“${other}”: say “${term}”`);
    });
}

function eachSentence(node, see) {
  if (node.type === 'SentenceNode') see(node);
  else for (const child of node.children ?? []) eachSentence(child, see);
}

function warn(file, { position }, reason) {
  file.message(reason, { place: position, source: 'prose' });
}

const files = await Promise.all(
  PAGES.map(async (path) => {
    const file = new VFile({ path, value: readFileSync(path) });
    await markdown.run(markdown.parse(file), file);
    return file;
  }),
);
const findings = files.flatMap(({ messages }) => messages);
if (findings.length > 0) console.log(reporter(files, { quiet: true }));
process.exitCode = findings.length > 0 ? 1 : 0;
