import { randomUUID } from 'node:crypto';
import type { Answer } from './topic-actions.js';

const NAMESPACE = 'http://sns.amazonaws.com/doc/2010-03-31/';

/** An answer of AWS's query protocol. */
export function answerXml(action: string, answer: Answer): string {
  const result = element(`${action}Result`, elements(answer));
  const metadata = element('ResponseMetadata', element('RequestId', randomUUID()));
  return `<${action}Response xmlns="${NAMESPACE}">${result}${metadata}</${action}Response>`;
}

export function errorXml(code: string, message: string): string {
  const parts = { Type: 'Sender', Code: code, Message: message };
  const error = element('Error', elements(parts));
  return `<ErrorResponse xmlns="${NAMESPACE}">${error}${element('RequestId', randomUUID())}</ErrorResponse>`;
}

function elements(answer: Answer): string {
  return Object.entries(answer)
    .map(([name, value]) => {
      if (typeof value === 'string') return element(name, escaped(value));
      if (!Array.isArray(value)) return element(name, elements(value as Answer));
      // The entries of a map stand side by side; those of a list are its members.
      if (name === 'entry') return value.map((one) => element(name, elements(one))).join('');
      return element(name, value.map((one) => element('member', elements(one))).join(''));
    })
    .join('');
}

function element(name: string, content: string): string {
  return `<${name}>${content}</${name}>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
