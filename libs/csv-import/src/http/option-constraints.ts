import type { Fault, Parsed } from '@sensorflow/kernel';
import { Transform } from 'class-transformer';
import { registerDecorator, type ValidationArguments } from 'class-validator';

/** A rule of the core as a constraint. */
export function Satisfies(
  code: string,
  message: string,
  holds: (value: unknown, body: object) => boolean,
): PropertyDecorator {
  return constraint(code, {
    validate: (value, { object }) => holds(value, object),
    defaultMessage: () => message,
  });
}

/**
 * A parser of the core as a constraint: the detail of its fault is the message. Faults with one of `otherCodes` keep
 * theirs, all others have `code`.
 */
export function IsParsed(
  code: string,
  parse: (value: unknown) => Parsed<unknown>,
  otherCodes: readonly string[] = [],
): PropertyDecorator {
  const faultOf = (value: unknown): Fault | undefined => {
    const parsed = parse(value);
    return parsed.ok ? undefined : parsed.fault;
  };
  const codeOf = ({ code: own }: Fault): string => (otherCodes.includes(own) ? own : code);
  const constraints = [code, ...otherCodes].map((one) =>
    constraint(one, {
      validate: (value) => {
        const fault = faultOf(value);
        return fault === undefined || codeOf(fault) !== one;
      },
      defaultMessage: ({ value }) => faultOf(value)?.detail ?? '',
    }),
  );
  return (target, property) => {
    for (const decorate of constraints) decorate(target, property);
  };
}

interface Constraint {
  readonly validate: (value: unknown, at: ValidationArguments) => boolean;
  readonly defaultMessage: (at: ValidationArguments) => string;
}

function constraint(code: string, { validate, defaultMessage }: Constraint): PropertyDecorator {
  return (target, property) => {
    registerDecorator({
      name: code,
      target: target.constructor,
      propertyName: String(property),
      options: { context: { code } },
      validator: {
        validate: (value: unknown, at: ValidationArguments) => validate(value, at),
        defaultMessage: (at?: ValidationArguments) => (at ? defaultMessage(at) : code),
      },
    });
  };
}

/** Kept as it came: the transformation would make an instance of it. */
export function AsItCame(property: string): PropertyDecorator {
  return Transform(({ obj }: { obj: object }): unknown => Reflect.get(obj, property));
}
