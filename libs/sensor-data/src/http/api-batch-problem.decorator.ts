import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { ProblemDetails } from '@sensorflow/platform/http/problem-details.js';
import { BatchView } from './batch.view.js';

/**
 * Documents a problem that carries the batch's verdict beside its usual members. It takes the place of
 * what other decorators say of this status, so `otherCodes` names all problems without a verdict, those
 * of the guard included.
 */
export function ApiBatchProblem(
  status: number,
  code: string,
  ...otherCodes: string[]
): MethodDecorator {
  const codes = [code, ...otherCodes];
  return applyDecorators(
    ApiExtraModels(ProblemDetails, BatchView),
    ApiResponse({
      status,
      description: `${codes.join(', ')}; ${code} carries the verdict`,
      content: {
        'application/problem+json': {
          schema: {
            allOf: [{ $ref: getSchemaPath(ProblemDetails) }],
            anyOf: [
              { $ref: getSchemaPath(BatchView) },
              { properties: { code: { type: 'string', enum: otherCodes } } },
            ],
            properties: { code: { type: 'string', enum: codes } },
          },
        },
      },
    }),
  );
}
