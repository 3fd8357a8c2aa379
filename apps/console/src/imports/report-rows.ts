/** A row of an error report. */
export interface ReportRow {
  readonly line: string;
  readonly code: string;
  readonly detail: string;
  /** Names of the metrics whose cells are at fault. */
  readonly columns: readonly string[];
  /** As the file has them. */
  readonly cells: readonly string[];
}

export interface Report {
  /** The file's own columns. */
  readonly names: readonly string[];
  readonly rows: readonly ReportRow[];
  /** Whether the report has more rows. */
  readonly isCut: boolean;
}

const START = /^\uFEFF?"_line"(.)"_code"/;
/** So much of a report is shown; the rest is in the file to download. */
const MOST_ROWS = 500;
const MOST_CHARACTERS = 1024 * 1024;

/** Reads the beginning of a report, and no more than that. Throws TypeError when it cannot be reached. */
export async function readReport(url: string, signal: AbortSignal): Promise<Report> {
  const response = await fetch(url, { signal });
  if (!response.ok || !response.body) throw new TypeError(`The report answers ${response.status}.`);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  let isAll = false;
  while (!isAll && text.length < MOST_CHARACTERS) {
    const { done, value } = await reader.read();
    isAll = done;
    text += value ?? '';
  }
  await reader.cancel();
  return parseReport(text, isAll);
}

/** @param isAll whether the text ends where the report ends; otherwise its last row may be cut */
export function parseReport(text: string, isAll: boolean): Report {
  const delimiter = START.exec(text)?.[1] ?? ',';
  const records = recordsIn(text.replace(/^\uFEFF/, ''), delimiter);
  const whole = isAll ? records : records.slice(0, -1);
  const [head = [], ...rows] = whole;
  return {
    names: head.slice(3),
    rows: rows.slice(0, MOST_ROWS).map(([line = '', code = '', detail = '', ...cells]) => ({
      line,
      code,
      detail,
      columns: columnsIn(detail),
      cells,
    })),
    isCut: !isAll || rows.length > MOST_ROWS,
  };
}

/** What is said of a cell begins with the name of its metric: `flow: A metric is a number.` */
function columnsIn(detail: string): readonly string[] {
  return [...detail.matchAll(/(?:^|\. )([A-Za-z][\w.-]{0,63}): /g)].flatMap(
    ([, name]) => name ?? [],
  );
}

/** Every cell is quoted, and every row ends with a line break. */
function recordsIn(text: string, delimiter: string): readonly (readonly string[])[] {
  const records: string[][] = [];
  let record: string[] = [];
  let at = 0;
  while (text[at] === '"') {
    let end = text.indexOf('"', at + 1);
    while (end >= 0 && text[end + 1] === '"') end = text.indexOf('"', end + 2);
    if (end < 0) break;
    record.push(text.slice(at + 1, end).replaceAll('""', '"'));
    if (text[end + 1] === delimiter) at = end + 2;
    else {
      records.push(record);
      record = [];
      at = end + 3;
    }
  }
  return record.length > 0 ? [...records, record] : records;
}
