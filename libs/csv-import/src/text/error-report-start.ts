/** How an error report begins, whatever its delimiter; behind a byte order mark. */
const ERROR_REPORT_START = /^"?_line"?([,;\t|])"?_code"?\1/;

/** The delimiter of an error report; undefined for any other file. */
export function delimiterOfErrorReport(text: string): string | undefined {
  return ERROR_REPORT_START.exec(text)?.[1];
}
