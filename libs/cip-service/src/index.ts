export { CipSettings } from './cip-settings.js';
export { LatelyActive } from './lately-active.js';
