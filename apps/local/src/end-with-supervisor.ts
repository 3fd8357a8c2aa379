/**
 * Preloaded into the API's process: when the supervisor is gone, however it went, the API drains and
 * ends, so that nothing is left behind. The API itself knows nothing of it.
 */
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
// The channel alone is no reason to stay alive.
process.channel?.unref();
