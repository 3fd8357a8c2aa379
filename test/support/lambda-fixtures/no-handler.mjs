// Exports something, but no function called handler.
export const handler = 'not a function';
