import { createRequire } from 'node:module';
import type { JsonObject } from './templates.ts';

/** What this validator says of a template, as `cdk synth --strict` would. */
interface Validator {
  readonly TemplateContent: new (content: string, name: string) => object;
  readonly CompositeEngine: new () => {
    validateTemplate(
      template: object,
      config: object,
    ): { readonly diagnostics: readonly Finding[] };
  };
}

export interface Finding {
  readonly ruleId: string;
  readonly severity: string;
  readonly message: string;
}

// aws-cdk-lib brings it along and runs it after every synthesis.
const validator: Validator = createRequire(createRequire(import.meta.url).resolve('aws-cdk-lib'))(
  '@aws/cloudformation-validate',
);
const engine = new validator.CompositeEngine();

/** Errors and warnings: with --strict, both end a synthesis, but for W3005, a dependency that is said twice. */
export function validate(document: JsonObject): readonly Finding[] {
  const template = new validator.TemplateContent(JSON.stringify(document), 'template.json');
  const { diagnostics } = engine.validateTemplate(template, {
    detailLevel: 'STANDARD',
    severityLevel: 'WARN',
    pseudoParameterOverrides: { accountId: '123456789012', region: 'eu-central-1' },
  });
  return diagnostics;
}
