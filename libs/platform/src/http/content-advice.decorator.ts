import { routeSettings, type ContentAdvice } from './route-settings.js';

/** What a route says to those who send it another type of content than it takes. */
export function AdvisesOnContent(advice: ContentAdvice): MethodDecorator {
  return routeSettings({ contentAdvice: advice });
}
