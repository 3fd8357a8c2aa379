export { AccessRecheck } from './access-recheck.js';
export { AccessTokenVerifier, type VerifiedToken } from './access-token-verifier.js';
export { AuthReadiness } from './auth-readiness.js';
export { Authentication } from './authentication.js';
export { BrowserAccess } from './browser-access.js';
export { SCOPES, type Caller, type Scope } from './caller.js';
export { EquipmentRestriction } from './equipment-restriction.js';
export { SessionCookie } from './session-cookie.js';
export { MAX_SIGN_INS_IN_PROGRESS } from './sign-in.js';
