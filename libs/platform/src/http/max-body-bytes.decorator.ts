import { applyDecorators } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import { ApiProblem } from './api-problem.decorator.js';
import { routeSettings } from './route-settings.js';

/**
 * The largest body that a route reads; a larger one is refused with 413 before it is read. Documents
 * what the body parser refuses.
 */
export function MaxBodyBytes(bytes: number): MethodDecorator {
  return applyDecorators(
    routeSettings({ maxBodyBytes: bytes }),
    ApiHeader({
      name: 'Content-Encoding',
      required: false,
      schema: { type: 'string', enum: ['gzip'] },
      description: 'the limit of the body holds for what it unpacks to',
    }),
    ApiProblem(
      400,
      'json-malformed',
      'json-too-deep',
      'json-forbidden-key',
      'json-duplicate-key',
      'body-not-utf8',
      'body-not-gzip',
    ),
    ApiProblem(413, 'body-too-large'),
    ApiProblem(415, 'content-type-unsupported', 'content-encoding-unsupported'),
    ApiProblem(503, 'overloaded'),
  );
}
