import { isKey } from '../api/words.ts';
import type { Translate } from '../language/translate.ts';

/** What a preview says of a fault. */
interface PreviewedFault {
  readonly code: string;
  readonly detail: string;
  readonly parameters: Readonly<Record<string, string | number>>;
}

/** A short name of a fault; its code where there is none. */
export function faultName(code: string, t: Translate): string {
  const key = `imports.fault.${code}`;
  return isKey(key) ? t(key) : code;
}

/** What is wrong and what to do; what the service says of a code without words of ours. */
export function faultDetail({ code, detail, parameters }: PreviewedFault, t: Translate): string {
  const { column, ...about } = parameters;
  const precise = `imports.detail.${code}.of`;
  const general = `imports.detail.${code}`;
  const key = Object.keys(about).length > 0 && isKey(precise) ? precise : general;
  if (!isKey(key)) return detail;
  const text = t(key, about);
  return column === undefined ? text : t('imports.detail.column', { column, text });
}

/** The same of a fault that was kept as a sentence: English is shown as it is, and nothing of it is lost. */
export function keptFaultDetail(
  { code, detail }: Omit<PreviewedFault, 'parameters'>,
  t: Translate,
  language: string,
  columns: readonly string[] = [],
): string {
  if (language === 'en') return detail;
  const parameters = columns.length > 0 ? { column: columns.join(', ') } : {};
  return faultDetail({ code, detail, parameters }, t);
}
