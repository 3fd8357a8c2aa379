import { DomainError } from '@sensorflow/kernel';
import type { FastifyRequest } from 'fastify';
import type { ContentAdvice } from './route-settings.js';

const MAX_SHOWN_CHARACTERS = 100;
const JSON_TYPE = 'application/json';

/** On every route: what is sent most often in place of JSON. */
const ADVICE: ContentAdvice = {
  'text/json': 'JSON is application/json.',
  'application/x-www-form-urlencoded':
    'Clients call a body a form unless they are told otherwise: name its Content-Type.',
};

/** The refusal of a body in another form than its route takes: it says which forms those are, and what was sent. */
export function contentTypeUnsupported(request: FastifyRequest): DomainError {
  const { acceptsNdjson, contentAdvice = {} } = request.routeOptions.config;
  const sent = request.headers['content-type']?.trim() ?? '';
  const types = acceptsNdjson === true ? `${JSON_TYPE} or application/x-ndjson` : JSON_TYPE;
  const shown = sent === '' ? 'a body without Content-Type' : sent.slice(0, MAX_SHOWN_CHARACTERS);
  const advice = adviceOn(sent, { ...ADVICE, ...contentAdvice });
  return new DomainError(
    'unsupported',
    'content-type-unsupported',
    `This route takes ${types} in UTF-8, not ${shown}.${advice}`,
  );
}

function adviceOn(sent: string, advice: ContentAdvice): string {
  const type = sent.toLowerCase();
  const [, sentence] = Object.entries(advice).find(([start]) => type.startsWith(start)) ?? [];
  return sentence === undefined ? '' : ` ${sentence}`;
}
