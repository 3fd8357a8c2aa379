import { ApiProperty } from '@nestjs/swagger';
import { parseBody, ParsedBy } from '@sensorflow/platform/http/request-validation.pipe.js';
import { PASSWORD_POLICY } from '@sensorflow/platform/resources/identity.js';
import { ValidateBy } from 'class-validator';
import { passwordFaults, passwordRefused } from '../password-rules.js';

/** What the identity provider takes at most. */
const MAX_CHARACTERS = 256;
/** Basic credentials cannot carry control characters, so nobody could log in with them again. */
const SENDABLE = /^[^\p{Cc}\p{Cs}]+$/u;

function isNewPassword(value: unknown): boolean {
  return typeof value === 'string' && value.length <= MAX_CHARACTERS && SENDABLE.test(value);
}

@ParsedBy(refuseWeakPassword)
export class NewPasswordBody {
  @ApiProperty({
    format: 'password',
    minLength: 1,
    maxLength: MAX_CHARACTERS,
    example: 'Correct-Horse-42',
    description: 'without control characters',
  })
  @ValidateBy(
    { name: 'newPassword', validator: { validate: isNewPassword } },
    {
      message: `The new password is a text of 1 to ${MAX_CHARACTERS} characters, none of them a control character.`,
      context: { code: 'new-password-invalid' },
    },
  )
  newPassword!: string;
}

/**
 * Throws DomainError `invalid-request` or `password-refused`, each with every fault at once. The policy
 * is public, so it is checked before the credentials are: a weak password costs no attempt.
 */
export async function newPasswordIn(body: unknown): Promise<string> {
  const { newPassword } = await parseBody(body, NewPasswordBody);
  refuseWeakPassword({ newPassword });
  return newPassword;
}

function refuseWeakPassword({ newPassword }: { readonly newPassword?: string }): void {
  const faults = newPassword === undefined ? [] : passwordFaults(newPassword, PASSWORD_POLICY);
  if (faults.length > 0) throw passwordRefused(faults);
}
