import { routeSettings } from './route-settings.js';

/**
 * The number of this member of a JSON body arrives as text, with all its digits, in requests that have this
 * parameter in their query.
 */
export function KeepsNumberText(member: string, parameter: string): MethodDecorator {
  return routeSettings({ numberText: { member, parameter } });
}
