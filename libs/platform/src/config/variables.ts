import { parseInstant, type Instant } from '@sensorflow/kernel';
import { EnvError, makeValidator } from 'envalid';

/** The validators of our environment variables; each refuses what it does not understand. */

export const text = makeValidator<string>((input) => {
  if (input.trim() === '' || input !== input.trim()) throw new EnvError('must be non-empty text');
  return input;
});

/** A comma-separated list with at least one entry. */
export const textList = makeValidator<readonly string[]>((input) => {
  const entries = input.split(',').map((entry) => entry.trim());
  if (entries.some((entry) => entry === '')) {
    throw new EnvError('must be a comma-separated list without empty entries');
  }
  return entries;
});

export function wholeNumber(min: number, max: number) {
  return makeValidator<number>((input) => {
    const value = /^\d{1,15}$/.test(input) ? Number(input) : Number.NaN;
    if (!(value >= min && value <= max)) {
      throw new EnvError(`must be a whole number from ${min} to ${max}`);
    }
    return value;
  });
}

/** An instant in RFC 3339, such as `2000-01-01T00:00:00Z`. */
export const instant = makeValidator<Instant>((input) => {
  const parsed = parseInstant(input);
  if (!parsed.ok) throw new EnvError('must be an instant such as 2000-01-01T00:00:00Z');
  return parsed.value;
});

export const httpUrl = makeValidator<string>((input) => {
  const url = URL.canParse(input) ? new URL(input) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new EnvError('must be an http or https URL');
  }
  return input;
});

export const httpUrlList = makeValidator<readonly string[]>((input) => {
  const urls = input.split(',').map((entry) => entry.trim());
  for (const url of urls) {
    if (!URL.canParse(url) || !/^https?:\/\//.test(url)) {
      throw new EnvError('must be a comma-separated list of http or https URLs');
    }
  }
  return urls;
});

/** An origin such as `https://app.example.com`, or the word `none`: leaving it out is no answer. */
export const originOrNone = makeValidator<string>((input) => {
  if (input === 'none') return input;
  if (!URL.canParse(input) || new URL(input).origin !== input) {
    throw new EnvError('must be an origin such as https://app.example.com, or none');
  }
  return input;
});

/** An IANA name such as `Europe/Berlin`. */
export const timeZone = makeValidator<string>((input) => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: input }).resolvedOptions().timeZone;
  } catch {
    throw new EnvError('must be the IANA name of a time zone, such as Europe/Berlin');
  }
});
