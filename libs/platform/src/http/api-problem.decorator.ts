import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { ProblemDetails } from './problem-details.js';

/** Documents a problem+json answer of a route with the codes that it can carry. */
export function ApiProblem(status: number, ...codes: string[]): MethodDecorator & ClassDecorator {
  return applyDecorators(
    ApiExtraModels(ProblemDetails),
    ApiResponse({
      status,
      description: codes.join(', '),
      content: {
        'application/problem+json': {
          schema: {
            allOf: [{ $ref: getSchemaPath(ProblemDetails) }],
            properties: { code: { type: 'string', enum: codes } },
          },
        },
      },
    }),
  );
}
