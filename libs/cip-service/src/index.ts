export { CipSettings } from './cip-settings.js';
